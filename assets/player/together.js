// Players under one clock: what one does, the others of its group follow, at the same slow time; their series have the same axes.

const groups = new Map();

// A member has run(), legend(), showSeries(), follow(slow time, whether it moves) and setSpeed(value). Without a name it is alone.
export function join(name, member) {
  const group = name ? (groups.get(name) ?? groups.set(name, new Set()).get(name)) : new Set();
  group.add(member);
  const others = () => [...group].filter((other) => other !== member && other.run());
  return {
    runs: () => [member, ...others()].map((each) => each.run()),
    tell: (time, moving) => others().forEach((other) => other.follow(time, moving)),
    speed: (value) => others().forEach((other) => other.setSpeed(value)),
    redraw: () => others().forEach((other) => other.showSeries()),
    level: () => level([member, ...others()].map((each) => each.legend())),
    // Who has the most time before it leads.
    leader: () => [member, ...others()].reduce((best, each) => (end(each) > end(best) ? each : best)),
    leave: () => group.delete(member),
  };
}

// As many lines for each legend as the longest takes: pictures beside each other begin at one height.
function level(legends) {
  for (const legend of legends) legend.style.minHeight = "";
  const tallest = Math.max(...legends.map((legend) => legend.offsetHeight));
  for (const legend of legends) legend.style.minHeight = legends.length > 1 ? `${tallest}px` : "";
}

const end = (member) => member.run().arrays.times.at(-1);
