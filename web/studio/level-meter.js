// How loud the microphone is, drawn as a bar under the preview.

/** Speech at a comfortable distance fills about half the bar. */
const GAIN = 4;

export class LevelMeter {
  #bar;
  /** @type {AudioContext|null} */
  #audio = null;
  #frame = 0;

  /** @param {HTMLElement} bar */
  constructor(bar) {
    this.#bar = bar;
  }

  /**
   * Shows this stream's level from now on.
   * @param {MediaStream} media
   */
  watch(media) {
    this.stop();
    if (media.getAudioTracks().length === 0) return;
    const audio = new AudioContext();
    this.#audio = audio;
    document.addEventListener("click", () => void audio.resume().catch(() => {}), { once: true });
    const analyser = new AnalyserNode(audio, { fftSize: 512 });
    audio.createMediaStreamSource(media).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const draw = () => {
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
      this.#bar.style.scale = `${Math.min(1, Math.sqrt(power) * GAIN)} 1`;
      this.#frame = requestAnimationFrame(draw);
    };
    draw();
  }

  stop() {
    cancelAnimationFrame(this.#frame);
    void this.#audio?.close().catch(() => {});
    this.#audio = null;
    this.#bar.style.scale = "0 1";
  }
}
