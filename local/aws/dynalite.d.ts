declare module 'dynalite' {
  import type { Server } from 'node:http';
  /** Milliseconds for which a table stays in each passing state; 500 by default. */
  export default function dynalite(options?: {
    createTableMs?: number;
    deleteTableMs?: number;
    updateTableMs?: number;
  }): Server;
}
