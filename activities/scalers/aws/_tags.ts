/** A tag as AWS Query's services write it. */
interface SdkTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/**
 * Key of a tag by which a Cluster Autoscaler finds the groups it may move; its value means nothing. Source:
 * kubernetes/autoscaler, cluster-autoscaler/cloudprovider/aws/README.md, "Auto-Discovery Setup".
 */
export const CLUSTER_AUTOSCALER_TAG = 'k8s.io/cluster-autoscaler/enabled';

/** Tags by key; none where AWS gave no list. */
export function tagsByKey(tags: readonly SdkTag[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}
