/** A tuning dial. Its needle stands where the channel is: each name has its own place. */

const WIDTH = 640;
const STEP = 8;
const TICKS = Array.from({ length: WIDTH / STEP + 1 }, (_, i) => i);

/** A place from 0 to 1 that depends on the name only. */
const placeOf = (name: string): number => {
  let hash = 2166136261;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 16777619);
  return ((hash >>> 0) % 1000) / 1000;
};

const height = (i: number): number => (i % 10 === 0 ? 22 : i % 5 === 0 ? 15 : 8);

/** @param channel the channel it is tuned to; null: between the stations */
export const Dial = ({ channel }: { readonly channel: string | null }) => {
  const x = channel === null ? 40 : 60 + placeOf(channel) * (WIDTH - 120);
  return (
    <svg class="dial" viewBox={`0 0 ${WIDTH} 56`} aria-hidden="true" data-tuned={channel !== null}>
      <path class="ticks" d={TICKS.map((i) => `M${i * STEP} 50v-${height(i)}`).join('')} />
      {[118, 121, 124, 127, 130, 133, 136].map((mark, i) => (
        <text key={mark} x={(i + 1) * 80} y="17">
          {mark}
        </text>
      ))}
      <path class="needle" d="M0 55V27M-5 20H5L0 27Z" style={{ transform: `translateX(${x}px)` }} />
    </svg>
  );
};
