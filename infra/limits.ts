/**
 * AWS's limits that a stack with many credentials, readers or receivers may meet, checked at every synthesis:
 * met only at deployment, each would end in a rollback. Sources: the services' pages of quotas.
 */
import { CfnElement, CfnResource, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isVerified } from './regions.ts';
import { secretArnLength } from './secret-arn.ts';

export const limits = {
  /** CloudFormation */
  resources: 500,
  templateBytes: 1_000_000,
  /** IAM, without white space */
  managedPolicy: 6_144,
  inlinePoliciesOfARole: 10_240,
  managedPoliciesOfARole: 10,
  /** KMS */
  keyPolicy: 32_768,
  /** Secrets Manager */
  secretPolicy: 20_480,
  /** Lambda */
  functionPolicy: 20_480,
  environmentBytes: 4_096,
  /** EventBridge */
  eventPattern: 2_048,
  /** SNS */
  filteredSubscriptions: 200,
  /** CloudWatch */
  metricsOfAWidget: 500,
  alarmsOfAWidget: 100,
} as const;

type Resolved = { id: string; Type: string; Properties: Record<string, unknown> };

/** Checks the stack that the service is in, once for each service in it. */
export function checkLimits(scope: Construct): void {
  scope.node.addValidation({ validate: () => limitViolations(Stack.of(scope)) });
}

/** One sentence for each limit that is not kept. */
export function limitViolations(stack: Stack): string[] {
  const resources = resolved(stack);
  const sized = sizer(stack, resources);
  const ofType = (type: string) => resources.filter(({ Type }) => Type === type);
  return [
    ...placed(stack),
    ...counted(stack, resources, ofType),
    ...policies(ofType, sized),
    ...others(ofType, sized),
    ...subnets(ofType),
  ];
}

type OfType = (type: string) => Resolved[];
type Sized = (value: unknown) => string;

/** A stack without a region may be meant for any. */
function* placed({ region }: Stack) {
  if (Token.isUnresolved(region) || isVerified(region)) return;
  yield `The stack would be in ${region}, where AWS's services have other domains than amazonaws.com: nobody has verified this project there.`;
}

function* counted(stack: Stack, resources: Resolved[], ofType: OfType) {
  if (resources.length > limits.resources) {
    yield `The stack would have ${resources.length} resources and CloudFormation takes ${limits.resources}: write some of the credentials into a second configuration with another stackName.`;
  }
  const bytes = templateBytes(stack);
  if (bytes > limits.templateBytes) {
    yield `The template would have ${bytes} bytes and CloudFormation takes ${limits.templateBytes}: write some of the credentials into a second configuration.`;
  }
  const filtered = ofType('AWS::SNS::Subscription').filter(({ Properties }) => Properties.FilterPolicy);
  if (filtered.length > limits.filteredSubscriptions) {
    yield `${filtered.length} receivers would choose messages and SNS takes ${limits.filteredSubscriptions} filters on a topic: let some receive everything, or give them a list to share.`;
  }
}

function* policies(ofType: OfType, sized: Sized) {
  const single = [
    ['AWS::IAM::ManagedPolicy', 'PolicyDocument', limits.managedPolicy],
    ['AWS::KMS::Key', 'KeyPolicy', limits.keyPolicy],
    ['AWS::SecretsManager::ResourcePolicy', 'ResourcePolicy', limits.secretPolicy],
  ] as const;
  for (const [type, member, most] of single) {
    for (const { id, Properties } of ofType(type)) {
      const length = sized(Properties[member]).length;
      if (length > most) {
        yield `The policy ${id} would have ${length} characters and AWS takes ${most}: name fewer readers, operators or imported secrets in one service.`;
      }
    }
  }

  const inline = ofEachRole(ofType('AWS::IAM::Policy'), (policy) => sized(policy.PolicyDocument).length);
  for (const [role, length] of inline) {
    if (length <= limits.inlinePoliciesOfARole) continue;
    yield `The role ${role} would get ${length} characters of policies and IAM takes ${limits.inlinePoliciesOfARole}: write some of the credentials into a second configuration, or use several roles.`;
  }
  for (const [role, count] of ofEachRole(ofType('AWS::IAM::ManagedPolicy'), () => 1)) {
    if (count <= limits.managedPoliciesOfARole) continue;
    yield `The role ${role} would have ${count} managed policies and IAM takes ${limits.managedPoliciesOfARole}: write some of the credentials into a second configuration.`;
  }

  const invokers = ofType('AWS::Lambda::Permission').length * longestStatement;
  if (invokers > limits.functionPolicy) {
    yield `The function's policy would have up to ${invokers} characters and Lambda takes ${limits.functionPolicy}: write some of the credentials into a second configuration.`;
  }
}

/** Returns the sums of what each role gets by policies. */
function ofEachRole(policies: Resolved[], amountOf: (policy: Resolved['Properties']) => number) {
  const sums = new Map<string, number>();
  for (const { Properties } of policies) {
    for (const role of rolesOf(Properties)) sums.set(role, (sums.get(role) ?? 0) + amountOf(Properties));
  }
  return sums;
}

/** The length of one permission as Lambda writes it: statement, ARNs of the function and of its invoker. */
const longestStatement = 600;

function* others(ofType: OfType, sized: Sized) {
  for (const { id, Properties } of ofType('AWS::Events::Rule')) {
    const length = sized(Properties.EventPattern).length;
    if (length > limits.eventPattern) {
      yield `The pattern of the rule ${id} would have ${length} characters and EventBridge takes ${limits.eventPattern}: give the credentials shorter names.`;
    }
  }
  for (const { Properties } of ofType('AWS::Lambda::Function')) {
    const bytes = Buffer.byteLength(sized(Properties.Environment));
    if (bytes > limits.environmentBytes) {
      yield `The function's environment would have ${bytes} bytes and Lambda takes ${limits.environmentBytes}: let fewer credentials have a rotation of their own.`;
    }
  }
  for (const { Properties } of ofType('AWS::CloudWatch::Dashboard')) {
    const { widgets } = JSON.parse(text(Properties.DashboardBody));
    for (const { properties } of widgets) {
      const { title = '', metrics = [], alarms = [] } = properties;
      if (metrics.length > limits.metricsOfAWidget || alarms.length > limits.alarmsOfAWidget) {
        yield `The dashboard's "${title}" would show ${metrics.length + alarms.length} lines, more than CloudWatch takes: write some of the credentials into a second configuration.`;
      }
    }
  }
}

/** A subnet of the stack's own; of another one only its id is known. */
function* subnets(ofType: OfType) {
  const ipv6Only = ofType('AWS::EC2::Subnet').filter(({ Properties }) => Properties.Ipv6Native === true);
  const ofFunctions = JSON.stringify(
    ofType('AWS::Lambda::Function').map(({ Properties }) => Properties.VpcConfig),
  );
  for (const { id } of ipv6Only) {
    if (!ofFunctions.includes(`{"Ref":"${id}"}`)) continue;
    yield `The subnet ${id} has IPv6 alone, and Lambda runs in none such: give the function dual-stack subnets.`;
  }
}

function resolved(stack: Stack): Resolved[] {
  return stack.node
    .findAll()
    .filter(CfnResource.isCfnResource)
    .filter((resource) => Stack.of(resource) === stack)
    .flatMap((resource) => {
      const { Resources = {} } = stack.resolve(
        Reflect.apply(Reflect.get(resource, '_toCloudFormation'), resource, []),
      );
      return Object.entries<Omit<Resolved, 'id'>>(Resources).map(([id, rest]) => ({
        ...rest,
        id,
        Properties: rest.Properties ?? {},
      }));
    });
}

/** The template's length without white space, as `stack.ts` lets CDK write a long one. */
const templateBytes = (stack: Stack): number =>
  stack.node
    .findAll()
    .filter(CfnElement.isCfnElement)
    .filter((element) => Stack.of(element) === stack)
    .map((element) => stack.resolve(Reflect.apply(Reflect.get(element, '_toCloudFormation'), element, [])))
    .reduce((sum, part) => sum + Buffer.byteLength(JSON.stringify(part)), 0);

const rolesOf = ({ Roles = [] }: Record<string, unknown>): string[] =>
  (Roles as unknown[]).map((role) =>
    typeof role === 'string' ? role : String(Object.values(Object(role))[0]),
  );

/** The JSON of a value, with references replaced by texts as long as what they will stand for. */
function sizer(stack: Stack, resources: Resolved[]): Sized {
  const names = new Map(
    resources
      .filter(({ Type }) => Type === 'AWS::SecretsManager::Secret')
      .map(({ id, Properties }) => [id, String(Properties.Name)]),
  );
  const lengthOf = (reference: unknown): number => {
    const name = names.get(String(reference));
    return name === undefined ? longestReference : secretArnLength(stack, name);
  };
  return (value) => JSON.stringify(filled(value, lengthOf));
}

/** ARNs of what has a generated name: the stack's name, a construct's path and a random end. */
const longestReference = 150;
const pseudo: Record<string, number> = { 'AWS::Region': 14, 'AWS::AccountId': 12, 'AWS::Partition': 10 };

function filled(value: unknown, lengthOf: (reference: unknown) => number): unknown {
  if (Array.isArray(value)) return value.map((item) => filled(item, lengthOf));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value);
  const [[name, inner] = ['', undefined]] = entries;
  if (entries.length === 1 && name === 'Ref') return 'x'.repeat(pseudo[inner] ?? lengthOf(inner));
  if (entries.length === 1 && name === 'Fn::Join') return joined(inner, lengthOf);
  if (entries.length === 1 && name.startsWith('Fn::')) return 'x'.repeat(longestReference);
  return Object.fromEntries(entries.map(([key, item]) => [key, filled(item, lengthOf)]));
}

const joined = ([separator, parts]: [string, unknown[]], lengthOf: (reference: unknown) => number): string =>
  parts.map((part) => filled(part, lengthOf)).join(separator);

/** A dashboard's body: text with references, each of which becomes a word. */
const text = (body: unknown): string =>
  typeof body === 'string' ? body : joined(Object(body)['Fn::Join'], () => 'reference'.length);
