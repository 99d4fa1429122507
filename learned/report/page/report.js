"use strict";
document.documentElement.classList.add("script");

for (const strips of document.querySelectorAll("[data-strips]")) {
  const slider = strips.querySelector("input[type=range]");
  const said = strips.querySelector("output");
  const names = JSON.parse(slider.dataset.names);
  const show = () => {
    strips.style.setProperty("--shown", slider.value);
    said.value = names[Number(slider.value)];
    slider.setAttribute("aria-valuetext", said.value);
  };
  slider.addEventListener("input", show);
  show();
}

for (const ways of document.querySelectorAll("[data-ways]")) {
  const slider = ways.querySelector("input[type=range]");
  const [left, right] = ways.querySelectorAll("select");
  const [under, over] = ways.querySelectorAll(".swipe img");
  const pictures = new Map(
    [...ways.querySelectorAll("img[data-way]")].map((image) => [image.dataset.way, image.src]),
  );
  const show = () => {
    under.src = pictures.get(left.value);
    under.alt = left.value;
    over.src = pictures.get(right.value);
    over.alt = right.value;
    ways.querySelector(".swipe").style.setProperty("--cut", `${slider.value}%`);
    slider.setAttribute("aria-valuetext", `${left.value} to ${slider.value} percent, then ${right.value}`);
  };
  for (const control of [slider, left, right]) control.addEventListener("input", show);
  show();
}

// On paper nothing can be opened.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});
