/** A callsign in a colour of its own, the same wherever it stands. */

const COLOURS = 8;

const colourOf = (name: string): number => {
  let hash = 7;
  for (let i = 0; i < name.length; i++) hash = (Math.imul(hash, 31) + name.charCodeAt(i)) >>> 0;
  return hash % COLOURS;
};

export const Callsign = ({ name }: { readonly name: string }) => <b class={`callsign c${colourOf(name)}`}>{name}</b>;
