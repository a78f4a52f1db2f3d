/** An hour as bars, one a minute. */
import { count, plural } from '../shared/format.ts';

const WIDTH = 360;
const HEIGHT = 90;

/** A round number at or above the highest value: 1, 2, 5, 10, 20, 50, … */
const ceiling = (highest: number): number => {
  let step = 1;
  for (let i = 0; step < highest; i++) step *= i % 3 === 1 ? 2.5 : 2;
  return Math.max(1, step);
};

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  /** Oldest first; the last one is still going on. */
  readonly values: readonly number[];
  readonly now: number;
  /** What `now` stands for. */
  readonly says: string;
}

export const Chart = ({ title, unit, values, now, says }: ChartProps) => {
  const highest = Math.max(0, ...values);
  const top = ceiling(highest);
  const step = WIDTH / values.length;
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span> <b>{count(now)}</b> <small>{says}</small>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}, last hour: now ${plural(now, unit)}, highest ${count(highest)}.`}
      >
        <path class="grid" d={`M0 ${HEIGHT / 2}h${WIDTH}M0 .5h${WIDTH}`} />
        {values.map((value, i) => {
          const height = value === 0 ? 0 : Math.max(2, (value / top) * HEIGHT);
          return (
            <rect
              key={i}
              class={i === values.length - 1 ? 'now' : ''}
              x={i * step + 0.75}
              y={HEIGHT - height}
              width={step - 1.5}
              height={height}
            />
          );
        })}
        <path class="floor" d={`M0 ${HEIGHT - 0.5}h${WIDTH}`} />
      </svg>
      <div class="axis" aria-hidden="true">
        <span>an hour ago</span>
        <span>top {count(top)}</span>
        <span>now</span>
      </div>
    </figure>
  );
};
