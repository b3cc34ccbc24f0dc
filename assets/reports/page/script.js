/* Switches the nine tiles between periods and personas; everything else on the page works without it. */
(function () {
  "use strict";
  var data = document.getElementById("tile-data");
  if (!data) { return; }
  var sets = JSON.parse(data.textContent);
  var period = document.getElementById("period");
  var persona = document.getElementById("persona");
  var tiles = document.querySelectorAll("[data-tile]");
  document.querySelector(".choose").hidden = false;

  function show() {
    var set = sets[period.value + "|" + persona.value];
    document.getElementById("tiles-span").textContent =
      set ? set.span + (set.compared ? ", compared with " + set.compared : "") : "No figures for this choice.";
    tiles.forEach(function (tile) {
      var i = Number(tile.dataset.tile);
      var change = tile.querySelector(".change");
      tile.querySelector(".value").textContent = set ? set.values[i] : "–";
      change.textContent = "";
      if (set && set.changes[i]) {
        var bold = document.createElement("b");
        bold.textContent = set.changes[i];
        change.append(bold, " from " + set.before[i]);
      }
    });
  }

  period.addEventListener("change", show);
  persona.addEventListener("change", show);
})();
