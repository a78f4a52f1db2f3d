/** A component that is drawn again only when one of its properties is another one. */
import { Component, type ComponentChild, type FunctionComponent, h } from 'preact';

export const memo = <P extends object>(draw: (props: P) => ComponentChild): FunctionComponent<P> => {
  class Remembered extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return (Object.keys(next) as (keyof P)[]).some((name) => next[name] !== this.props[name]);
    }

    override render(): ComponentChild {
      return h(draw as FunctionComponent<P>, this.props);
    }
  }
  return Remembered as unknown as FunctionComponent<P>;
};
