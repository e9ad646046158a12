// The map that can be moved: MapLibre GL over squares counted on the server. Without script or WebGL the drawn
// picture stays; on a slow line, or where no graphics card draws, a button asks for the map.
const holder = document.querySelector("[data-map]");
const told = holder ? JSON.parse(holder.dataset.map) : null;
const slow = () => {
  const line = navigator.connection;
  return Boolean(line && (line.saveData || /2g|3g/.test(line.effectiveType || "")));
};
// "" where nothing can be drawn, else what draws: "card", or "processor" for one that only pretends to be a card.
const drawer = () => {
  const drawing = document.createElement("canvas").getContext("webgl2");
  if (!drawing) return "";
  const info = drawing.getExtension("WEBGL_debug_renderer_info");
  const name = String(drawing.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : drawing.RENDERER));
  drawing.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(name) ? "processor" : "card";
};
const colour = (name) => {
  const swatch = document.createElement("span");
  swatch.className = `map-${name}`;
  holder.append(swatch);
  const found = getComputedStyle(swatch).color;
  swatch.remove();
  return found;
};
// MapLibre reads the worker's address as text and then starts it: a checked address that can be read as text.
const checked = (address) => {
  if (!window.trustedTypes) return address;
  const rule = window.trustedTypes.createPolicy("yk", {
    createScriptURL: (text) => {
      if (text !== told.worker) throw new TypeError("not the map's worker");
      return text;
    },
  });
  const url = rule.createScriptURL(address);
  url.endsWith = (end) => address.endsWith(end);
  url.split = (by) => address.split(by);
  return url;
};
const styled = () => new Promise((done) => {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = told.style;
  link.onload = link.onerror = done;
  document.head.append(link);
});
const nothing = { type: "FeatureCollection", features: [] };
const label = (text, kind) => {
  const element = document.createElement("span");
  element.className = `mapname ${kind}`;
  element.textContent = text;
  element.setAttribute("aria-hidden", "true");
  return element;
};

async function start() {
  const [lib] = await Promise.all([import(told.library), styled()]);
  lib.setWorkerUrl(checked(told.worker));
  holder.hidden = false;
  const map = new lib.Map({
    container: holder, attributionControl: false, bounds: told.bounds, fitBoundsOptions: { padding: 12 },
    maxZoom: told.maxZoom, minZoom: 7, dragRotate: false, pitchWithRotate: false, touchPitch: false,
    locale: told.words,
    style: {
      version: 8,
      sources: {
        districts: { type: "geojson", data: told.outlines },
        villages: { type: "geojson", data: nothing },
        squares: { type: "geojson", data: nothing },
      },
      layers: [
        { id: "water", type: "background", paint: { "background-color": colour("water") } },
        { id: "land", type: "fill", source: "districts", paint: { "fill-color": colour("land") } },
        { id: "edges", type: "line", source: "districts",
          paint: { "line-color": colour("edge"), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 14, 2] } },
        { id: "village-edges", type: "line", source: "villages",
          paint: { "line-color": colour("edge"), "line-width": 0.8, "line-dasharray": [3, 2] } },
        { id: "squares", type: "circle", source: "squares",
          paint: {
            "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "n"]], 1, 5, 10, 14, 40, 26],
            "circle-color": ["case", [">", ["get", "open"], 0], colour("open"), colour("mended")],
            "circle-opacity": 0.75, "circle-stroke-width": 1, "circle-stroke-color": colour("ring"),
          } },
      ],
    },
  });
  map.addControl(new lib.NavigationControl({ showCompass: false }), "top-right");
  map.keyboard.enable();
  document.querySelector("[data-map-picture]").hidden = true;

  let names = [];
  let asked = null;
  const ask = async (address) => {
    const box = map.getBounds();
    const edges = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((one) => one.toFixed(4));
    const url = new URL(address, location.href);
    url.searchParams.set("box", edges.join(","));
    url.searchParams.set("zoom", Math.floor(map.getZoom()));
    const answer = await fetch(url, { signal: asked.signal });
    if (!answer.ok) throw new Error(`map data: ${answer.status}`);
    return answer.json();
  };
  const renamed = (found) => {
    names.forEach((one) => one.remove());
    const taken = [];
    const free = ([, at]) => {
      const { x, y } = map.project(at);
      if (taken.some((one) => Math.abs(one.x - x) < 44 && Math.abs(one.y - y) < 16)) return false;
      return taken.push({ x, y });
    };
    names = found.filter(free).map(([text, at, kind]) =>
      new lib.Marker({ element: label(text, kind), anchor: "center" }).setLngLat(at).addTo(map));
  };
  const moved = async () => {
    if (asked) asked.abort();
    asked = new AbortController();
    try {
      const squares = await ask(told.squares);
      map.getSource("squares").setData(squares);
      holder.dataset.shown = squares.features.length;
      if (map.getZoom() >= 13) {
        const villages = await ask(told.villages);
        map.getSource("villages").setData(villages);
        holder.dataset.villages = villages.features.length;
        renamed(villages.features.map((one) => [one.properties.name, one.properties.at, "village"]));
      } else {
        map.getSource("villages").setData(nothing);
        holder.dataset.villages = 0;
        renamed(told.names.map(([text, at]) => [text, at, "district"]));
      }
    } catch (fault) {
      if (fault.name !== "AbortError") throw fault;
    }
  };
  map.on("load", moved);
  map.on("moveend", moved);
  map.on("click", "squares", (event) => {
    const spot = event.features[0];
    const box = document.createElement("div");
    const line = document.createElement("p");
    line.textContent = spot.properties.words;
    box.append(line);
    if (spot.properties.href) {
      const link = document.createElement("a");
      link.href = spot.properties.href;
      link.textContent = spot.properties.number;
      box.append(link);
    }
    new lib.Popup({ closeButton: true }).setLngLat(spot.geometry.coordinates).setDOMContent(box).addTo(map);
  });
  map.on("mouseenter", "squares", () => { map.getCanvas().style.cursor = "pointer"; });
  map.on("mouseleave", "squares", () => { map.getCanvas().style.cursor = ""; });
}

const begin = () => start().catch((fault) => {
  holder.hidden = true;
  document.querySelector("[data-map-picture]").hidden = false;
  console.warn("The map could not be shown:", fault);
});

const by = holder && told.library ? drawer() : "";
if (by) {
  if (slow() || by === "processor") {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn askmap";
    button.textContent = told.ask;
    button.addEventListener("click", () => { button.remove(); begin(); });
    holder.before(button);
  } else {
    begin();
  }
}
