// A worker that ticks: its timers keep their pace when the page is in the background.

onmessage = ({ data }) => {
  setInterval(() => postMessage(null), data);
};
