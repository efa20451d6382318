// Today's releases: the clock, countdowns, and a sound for new results.
// Without this script the page is complete; its times are then those of the moment at which it was opened.
const page = document.querySelector(".office-desk");
const clock = document.getElementById("desk-clock");
const SECOND = 1000;

// The server's clock counts, because the results are judged by it.
const ahead = Date.parse(clock.dateTime) - Date.now();
const now = () => Date.now() + ahead;

const london = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Europe/London", hour: "numeric", minute: "2-digit", second: "2-digit", hourCycle: "h12",
});

function timeOfDay(instant) {
  const parts = Object.fromEntries(london.formatToParts(instant).map(({ type, value }) => [type, value]));
  return `${Number(parts.hour)}:${parts.minute}:${parts.second}${parts.dayPeriod}`;
}

function left(milliseconds) {
  const seconds = Math.max(0, Math.ceil(milliseconds / SECOND));
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts
    .slice(parts[0] ? 0 : 1)
    .map((part, place) => (place ? String(part).padStart(2, "0") : part))
    .join(":");
}

const language = document.documentElement.lang;

function age(milliseconds) {
  const minutes = Math.max(1, Math.floor(milliseconds / (60 * SECOND)));
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  const [unit, count] = days ? ["day", days] : hours ? ["hour", hours] : ["minute", minutes];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(count);
}

function write(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

function tick() {
  clock.textContent = timeOfDay(now());
  for (const countdown of document.querySelectorAll("[data-due]")) {
    write(countdown, countdown.dataset.pattern.replace("{time}", left(Date.parse(countdown.dataset.due) - now())));
  }
  for (const task of document.querySelectorAll("[data-since]")) {
    write(task, task.dataset.pattern.replace("{time}", age(now() - Date.parse(task.dataset.since))));
  }
}

// Two short tones, made here: no file has to be loaded.
let audio = null;
function play() {
  for (const [pitch, start] of [[660, 0], [880, 0.18]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.frequency.value = pitch;
    volume.gain.value = 0.2;
    tone.connect(volume).connect(audio.destination);
    tone.start(audio.currentTime + start);
    tone.stop(audio.currentTime + start + 0.15);
  }
}

// The text of the banner also changes when a result leaves it, or when a website fails.
const results = () => document.querySelector("#desk-banner [data-results]")?.dataset.results.split(" ") ?? [];
const known = new Set(results());
function notice() {
  const fresh = results().filter((result) => !known.has(result));
  if (!fresh.length) {
    return;
  }
  fresh.forEach((result) => known.add(result));
  document.dispatchEvent(new CustomEvent("desk:result"));
  if (audio) {
    play();
  }
}

if (!("still" in page.dataset)) {
  setInterval(tick, SECOND);
  tick();
  let opened = [];
  document.body.addEventListener("htmx:oobBeforeSwap", () => {
    opened = [...document.querySelectorAll("details[open][id]")].map((details) => details.id);
  });
  document.body.addEventListener("htmx:oobAfterSwap", () => {
    for (const id of opened) {
      document.getElementById(id)?.setAttribute("open", "");
    }
    tick();
    notice();
  });
  const choice = document.getElementById("desk-sound");
  document.getElementById("desk-sound-choice").hidden = false;
  choice.addEventListener("click", () => {
    const on = choice.getAttribute("aria-pressed") !== "true";
    choice.setAttribute("aria-pressed", String(on));
    if (on) {
      audio = new AudioContext();
      play();
    } else {
      audio.close();
      audio = null;
    }
  });
}
