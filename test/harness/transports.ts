/** Every way in. A new one is a line here; each requirement then runs over it too. */
import { direct } from './transports/direct.ts';
import { mcp, mcpChannel, mcpStateless, mixed } from './transports/mcp.ts';
import { rest } from './transports/rest.ts';
import type { Transport } from './transports/wire.ts';

export const TRANSPORTS: readonly Transport[] = [direct, rest, mcp, mcpStateless, mcpChannel, mixed];
