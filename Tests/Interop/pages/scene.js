// A painted scene for a camera, for pictures people look at: a shelf of vases in an evening light, and one that is turned.
(() => {
  if (!navigator.mediaDevices) return;
  const WIDTH = 1280;
  const HEIGHT = 720;
  const FPS = 25;

  // Half the outline of each vase, as fractions of its width by its height, from the foot up.
  const SHAPES = [
    [[0.3, 0], [0.52, 0.1], [0.6, 0.35], [0.34, 0.68], [0.16, 0.82], [0.22, 1]],
    [[0.36, 0], [0.56, 0.2], [0.62, 0.55], [0.5, 0.85], [0.56, 1]],
    [[0.2, 0], [0.28, 0.3], [0.24, 0.65], [0.14, 0.86], [0.2, 1]],
  ];
  const GLAZES = [["#2f6f73", "#9cc9b8"], ["#b4532a", "#f0b37e"], ["#22314f", "#7d9ac0"], ["#d9cdb6", "#fffaf0"]];

  function vase(context, x, foot, width, height, shape, [dark, light], turn) {
    const half = (side) => SHAPES[shape].map(([w, h]) => [x + side * w * width, foot - h * height]);
    const path = new Path2D();
    const right = half(1);
    const left = half(-1).reverse();
    path.moveTo(...right[0]);
    for (const points of [right, left]) {
      for (let n = 1; n < points.length; n++) {
        const [px, py] = points[n - 1];
        const [qx, qy] = points[n];
        path.bezierCurveTo(px, py - (py - qy) * 0.4, qx, qy + (py - qy) * 0.4, qx, qy);
      }
      if (points === right) path.lineTo(...left[0]);
    }
    path.closePath();
    const shade = context.createLinearGradient(x - width * 0.6, 0, x + width * 0.6, 0);
    shade.addColorStop(0, dark);
    shade.addColorStop(0.34 + 0.06 * Math.sin(turn), light);
    shade.addColorStop(0.72, dark);
    shade.addColorStop(1, "#140d12");
    context.fillStyle = shade;
    context.fill(path);
    context.save();
    context.clip(path);
    context.strokeStyle = "rgb(255 255 255 / 16%)";
    context.lineWidth = 5;
    for (let ring = 0; ring < 4; ring++) {
      context.beginPath();
      context.ellipse(x, foot - height * (0.3 + ring * 0.09), width * 0.7, 10 + 3 * Math.sin(turn + ring), 0, 0, 7);
      context.stroke();
    }
    context.restore();
    context.fillStyle = "#140d12";
    context.beginPath();
    const [[mouth]] = [SHAPES[shape].at(-1)];
    context.ellipse(x, foot - height, mouth * width, mouth * width * 0.2, 0, 0, 7);
    context.fill();
  }

  function paint(context, now) {
    const wall = context.createRadialGradient(880, 180, 40, 760, 320, 900);
    wall.addColorStop(0, "#e7b98a");
    wall.addColorStop(0.45, "#8f5a4c");
    wall.addColorStop(1, "#2b1a26");
    context.fillStyle = wall;
    context.fillRect(0, 0, WIDTH, HEIGHT);
    for (const [y, from, to] of [[235, 60, 560], [400, 20, 480]]) {
      context.fillStyle = "#3a2420";
      context.fillRect(from, y, to - from, 14);
      context.fillStyle = "rgb(0 0 0 / 22%)";
      context.fillRect(from, y + 14, to - from, 20);
    }
    vase(context, 150, 236, 80, 130, 0, GLAZES[2], 1);
    vase(context, 270, 236, 96, 84, 1, GLAZES[3], 2);
    vase(context, 400, 236, 70, 150, 2, GLAZES[1], 3);
    vase(context, 500, 236, 60, 70, 1, GLAZES[0], 4);
    vase(context, 110, 401, 110, 110, 1, GLAZES[1], 5);
    vase(context, 260, 401, 90, 126, 0, GLAZES[3], 6);
    vase(context, 390, 401, 80, 90, 1, GLAZES[2], 7);
    const table = context.createLinearGradient(0, 560, 0, HEIGHT);
    table.addColorStop(0, "#6b4030");
    table.addColorStop(1, "#2e1a18");
    context.fillStyle = table;
    context.fillRect(0, 560, WIDTH, HEIGHT - 560);
    context.fillStyle = "rgb(0 0 0 / 35%)";
    context.beginPath();
    context.ellipse(800, 640, 240, 34, 0, 0, 7);
    context.fill();
    const sway = Math.sin(now / 900);
    vase(context, 790 + 6 * sway, 636, 260, 450, 0, GLAZES[0], now / 600);
    vase(context, 1080, 620, 150, 150, 1, GLAZES[3], 2);
    vase(context, 560, 628, 120, 120, 1, GLAZES[1], 4);
  }

  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    const context = canvas.getContext("2d", { alpha: false });
    const draw = () => paint(context, performance.now());
    draw();
    setInterval(draw, 1000 / FPS);
    const stream = canvas.captureStream(FPS);
    if (constraints?.audio) {
      const audio = new AudioContext();
      const quiet = new GainNode(audio, { gain: 0.02 });
      const sink = new MediaStreamAudioDestinationNode(audio);
      const tone = new OscillatorNode(audio, { frequency: 220 });
      tone.connect(quiet).connect(sink);
      tone.start();
      stream.addTrack(sink.stream.getAudioTracks()[0]);
    }
    return stream;
  };
})();
