import { TUNNEL_FAULTS, type TunnelFault } from '../proxy/proxy.ts';
import type { Way } from '../proxy/way.ts';
import type { World } from '../world.ts';
import { type Boundary, counter } from './fault.ts';
import type { Disturbance } from './history.ts';
import type { Stage } from './stage.ts';

const FAULTS = Object.keys(TUNNEL_FAULTS) as TunnelFault[];
/** A wait for a proxy is real and takes ten seconds: these are played where a log-in and an exchange would leave. */
const WAITS: readonly TunnelFault[] = ['hangs', 'half a head, then hangs'];

/**
 * Every fault of a proxy at every tunnel of an undisturbed rotation, before the tunnel stands and after the request left.
 * A rotation opens one tunnel for each call of ThingSpace.
 */
export function tunnelFaultsAt(boundaries: readonly Boundary[]): Disturbance[] {
  const calls = boundaries.filter(({ service }) => service === 'thingspace');
  return calls.flatMap((call, at) =>
    isRepeatedLogOut(call)
      ? []
      : [
          ...FAULTS.filter((fault) => !WAITS.includes(fault) || isWaitedFor(call)).map((fault) =>
            beforeIt(call, at + 1, fault),
          ),
          changedPassword(call, at + 1),
          ...(['request-lost', 'response-lost'] as const).map((fate) => afterRequest(call, fate)),
        ],
  );
}

/** The code of the first one. */
const isRepeatedLogOut = ({ operation, nth }: Boundary): boolean => operation === 'LogOut' && nth > 1;

const isWaitedFor = ({ operation, nth }: Boundary): boolean =>
  nth === 1 && (operation === 'LogIn' || operation === 'GetNewPassword');

const wayOf = ({ way }: World): Way => {
  if (!way) throw new Error('This world has no proxy.');
  return way;
};

/** Over REST a bearer that the gateway refused came before: the error then names that one. */
const OF_THE_WAY = /^No(?:Tunnel|Bearer)Error$/;
/** Messages about a log-in or an exchange whose outcome is not known, or was bad. */
const OF_A_REQUEST = /^(failed-log-in|password-unknown|password-lost|guard-closed)$/;

function beforeIt({ operation, nth }: Boundary, tunnel: number, fault: TunnelFault): Disturbance {
  return {
    title: `the proxy at ${operation} no. ${nth}: ${fault}`,
    kinds: [`the proxy: ${fault}`, `a tunnel for ${operation}`],
    begin: (stage) => {
      const { proxy } = wayOf(stage.world);
      const before = stage.world.aws.sns.published.length;
      const answered = stage.answers.length;
      const met = atTunnel(stage, tunnel, () => fault);
      // The process keeps for minutes that its credentials were refused; the retry finds another one.
      stage.world.conductor.subscribe(({ kind }) => {
        if (kind === 'time-passes' && fault === 'refuses (407)') void stage.world.gateway.onKill();
      });
      return {
        met,
        violations: () => {
          proxy.decide = () => 'ok';
          const told = stage.world.aws.sns.published
            .slice(before)
            .map(({ attributes }) => attributes.event?.value ?? '')
            .filter((event) => OF_A_REQUEST.test(event));
          const failures = stage.answers
            .slice(answered)
            .flatMap((answer) => /"errorType":"(\w+)"/.exec(answer)?.[1] ?? [])
            .filter((name) => !OF_THE_WAY.test(name));
          return [
            ...told.map((event) => `${event} although nothing was sent`),
            ...failures.map((name) => `${name} instead of NoTunnelError`),
            ...seenByProxy(stage),
          ];
        },
      };
    },
  };
}

/** The proxy's password changes, in its secret too: the function reads it anew. */
const changedPassword = ({ operation, nth }: Boundary, tunnel: number): Disturbance => ({
  title: `the proxy at ${operation} no. ${nth}: its password has changed`,
  kinds: ['the proxy: its password has changed'],
  begin: (stage) => {
    const { proxy, credentials } = wayOf(stage.world);
    const answered = stage.answers.length;
    const met = atTunnel(stage, tunnel, () => {
      proxy.credentials = { ...credentials, password: `${proxy.credentials?.password}!` };
      stage.world.storeProxyCredentials(proxy.credentials);
      return 'ok';
    });
    return {
      met,
      violations: () => {
        proxy.decide = () => 'ok';
        const failed = stage.answers.slice(answered).some((answer) => answer.includes('"ok":false'));
        return [
          ...(failed ? ['a step fails although the secret has the new password'] : []),
          ...seenByProxy(stage),
        ];
      },
    };
  },
});

/** The proxy breaks the tunnel when the whole request has left: before ThingSpace gets it, or its answer. */
const afterRequest = (
  { service, operation, nth }: Boundary,
  fate: 'request-lost' | 'response-lost',
): Disturbance => ({
  title: `the proxy at ${operation} no. ${nth}: breaks the tunnel behind the request (${fate})`,
  kinds: [`the proxy: breaks the tunnel (${fate})`, `a broken tunnel of ${operation}`],
  begin: (stage) => {
    const { gateway, functionRuns } = stage.world;
    const { proxy } = wayOf(stage.world);
    const count = counter();
    let met = false;
    const breakIt = () => {
      met = true;
      proxy.dropTunnels();
    };
    const isIt = new WeakSet<object>();
    gateway.decide = (call) => {
      if (!functionRuns() || call.service !== service || call.operation !== operation) return 'ok';
      if (count(call) !== nth) return 'ok';
      isIt.add(call);
      if (fate === 'request-lost') breakIt();
      return fate;
    };
    gateway.onAnswer = (call) => {
      if (isIt.has(call)) breakIt();
    };
    return { met: () => met, violations: () => seenByProxy(stage) };
  },
});

function atTunnel({ world }: Stage, tunnel: number, decide: () => TunnelFault | 'ok'): () => boolean {
  let opened = 0;
  let met = false;
  wayOf(world).proxy.decide = () => {
    if (!world.functionRuns()) return 'ok';
    opened += 1;
    if (opened !== tunnel) return 'ok';
    met = true;
    return decide();
  };
  return () => met;
}

function seenByProxy({ world, secrets }: Stage): string[] {
  const seen = Buffer.concat([...wayOf(world).proxy.seen]).toString();
  return secrets.some((secret) => seen.includes(secret)) ? ['the proxy sees a password or a token'] : [];
}
