import type { Version } from './secret.ts';

/**
 * Moves staging labels as Secrets Manager does: a label sits on one version only, and when AWSCURRENT
 * leaves a version, AWSPREVIOUS moves there by itself.
 * @param to the version that gets the labels; undefined removes them.
 * Source: API reference, PutSecretValue and UpdateSecretVersionStage.
 */
export function moveLabels(
  versions: readonly Version[],
  labels: readonly string[],
  to: string | undefined,
): Version[] {
  const left = versions.find((version) => version.stages.includes('AWSCURRENT'));
  const moved = labels.reduce((state, label) => moveOne(state, label, to), [...versions]);
  const currentLeft = left && labels.includes('AWSCURRENT') && left.id !== to;
  return currentLeft ? moveOne(moved, 'AWSPREVIOUS', left.id) : moved;
}

function moveOne(versions: readonly Version[], label: string, to: string | undefined): Version[] {
  return versions.map((version) => {
    const holds = version.stages.includes(label);
    if (version.id === to) return holds ? version : { ...version, stages: [...version.stages, label] };
    return holds ? { ...version, stages: version.stages.filter((stage) => stage !== label) } : version;
  });
}
