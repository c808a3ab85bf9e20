const CONNECT_MS = 3_000;

interface AwsEnvironment {
  readonly AWS_REGION: string;
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
  /** Temporary credentials have three parts. */
  readonly AWS_SESSION_TOKEN?: string | undefined;
}

export interface AwsLimits {
  /** How long one try may take. */
  readonly request_ms: number;
  /** How often the SDK tries, where the caller does not do so itself. */
  readonly attempts: number;
}

/**
 * Settings that SQS and S3 clients share. Without keys in the environment the SDK's own chain finds credentials.
 * S3-compatible services are addressed by path, since their hosts have no name per bucket.
 */
export function awsClient(env: AwsEnvironment, endpoint: string | undefined, limits: AwsLimits) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  const { AWS_SESSION_TOKEN: sessionToken } = env;
  return {
    region: env.AWS_REGION,
    ...(accessKeyId !== undefined && secretAccessKey !== undefined
      ? { credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) } }
      : {}),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    maxAttempts: limits.attempts,
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      requestTimeout: limits.request_ms,
      // Without this the SDK only warns; and half an answer is caught by the socket's silence alone.
      throwOnRequestTimeout: true,
      socketTimeout: limits.request_ms,
    },
  };
}
