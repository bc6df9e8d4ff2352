// A test picture with a running clock, a time code and a tone: what `?source=canvas` publishes instead of a camera.

const WIDTH = 1280;
const HEIGHT = 720;
const FPS = 30;
const COLORS = ["#f6f3ee", "#ffd21f", "#25c9d0", "#3fb950", "#c557c0", "#d5263a", "#3454d1"];
/** The time code's grid: two rows of 40 blocks near the bottom (docs/timecode.md). */
const CODE_COLUMNS = 40;
const CODE_ROWS_PER_PICTURE = 45;
const CODE_TOP_ROW = 39;
const TONE_HERTZ = 440;
const TONE_GAIN = 0.05;

/**
 * @returns {{media: MediaStream, stop: () => void}}
 */
export function testPicture() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
  let frame = 0;
  const paint = () => draw(context, frame++);
  paint();
  const stopTicking = tickEvery(1000 / FPS, paint);
  const media = canvas.captureStream(FPS);
  const tone = startTone();
  media.addTrack(tone.track);
  return {
    media,
    stop: () => {
      stopTicking();
      tone.stop();
      for (const track of media.getTracks()) track.stop();
    },
  };
}

/**
 * Ticks in a worker where possible: timers of a page in the background run once a second.
 * @param {number} ms
 * @param {() => void} tick
 * @returns {() => void}
 */
function tickEvery(ms, tick) {
  try {
    const worker = new Worker(new URL("./ticker.js", import.meta.url));
    worker.onmessage = tick;
    worker.postMessage(ms);
    return () => worker.terminate();
  } catch {
    const timer = setInterval(tick, ms);
    return () => clearInterval(timer);
  }
}

function startTone() {
  const audio = new AudioContext();
  // Before the first click a page may not start sound; it starts with "Go live" then.
  const resume = () => void audio.resume();
  document.addEventListener("click", resume, { once: true });
  const oscillator = new OscillatorNode(audio, { frequency: TONE_HERTZ });
  const gain = new GainNode(audio, { gain: TONE_GAIN });
  const sink = new MediaStreamAudioDestinationNode(audio);
  oscillator.connect(gain).connect(sink);
  oscillator.start();
  return {
    track: sink.stream.getAudioTracks()[0],
    stop: () => void audio.close(),
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} frame
 */
function draw(context, frame) {
  const now = Date.now();
  const bar = WIDTH / COLORS.length;
  for (const [index, color] of COLORS.entries()) {
    context.fillStyle = color;
    context.fillRect(index * bar, 0, bar + 1, HEIGHT);
  }
  // Something that moves all the time, so that a freeze is seen and the encoder has work.
  const x = WIDTH / 2 + Math.cos(now / 700) * WIDTH * 0.38;
  const y = HEIGHT * 0.3 + Math.sin(now / 450) * HEIGHT * 0.16;
  context.fillStyle = "#131116";
  context.beginPath();
  context.arc(x, y, 70, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "rgb(19 17 22 / 82%)";
  context.fillRect(WIDTH * 0.14, HEIGHT * 0.52, WIDTH * 0.72, HEIGHT * 0.26);
  context.fillStyle = "#f6f3ee";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.font = "700 120px system-ui, sans-serif";
  context.fillText(new Date(now).toISOString().slice(11, 22), WIDTH / 2, HEIGHT * 0.63);
  context.font = "600 32px system-ui, sans-serif";
  context.fillText(`frame ${frame}`, WIDTH / 2, HEIGHT * 0.74);
  drawTimeCode(context, now, frame & 0xffff);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} time ms since 1970
 * @param {number} frame 16 bits
 */
function drawTimeCode(context, time, frame) {
  const row = HEIGHT / CODE_ROWS_PER_PICTURE;
  const block = WIDTH / CODE_COLUMNS;
  context.fillStyle = "#000";
  context.fillRect(0, CODE_TOP_ROW * row, WIDTH, HEIGHT - CODE_TOP_ROW * row);
  context.fillStyle = "#fff";
  const bytes = new Uint8Array(10);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(time / 2 ** 32));
  view.setUint32(2, time % 2 ** 32);
  view.setUint16(6, frame);
  view.setUint16(8, crc16(bytes.subarray(0, 8)));
  for (let bit = 0; bit < 80; bit++) {
    if (!((bytes[bit >> 3] >> (7 - (bit & 7))) & 1)) continue;
    const codeRow = Math.floor(bit / CODE_COLUMNS);
    context.fillRect((bit % CODE_COLUMNS) * block, (CODE_TOP_ROW + 1 + 2 * codeRow) * row, block, 2 * row);
  }
}

/**
 * CRC-16/CCITT-FALSE.
 * @param {Uint8Array} bytes
 */
function crc16(bytes) {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
