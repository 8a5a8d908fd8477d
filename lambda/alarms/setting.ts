/** The settings that the texts need beside the event. */
export type Setting = {
  /** Where the runbook is; `#<section>` is appended. */
  runbookUrl: string;
  /** How to reach ThingSpace M2M Support: the number that the customer's contract names. */
  supportContact: string;
  /** Whether a failed exchange holds the service's other rotations. */
  othersHeld: boolean;
};

export const defaultSetting: Setting = {
  runbookUrl: 'docs/runbook.md',
  // Verizon's public pages name no telephone number: it is configuration.
  supportContact: 'the number is in your Verizon agreement',
  othersHeld: false,
};
