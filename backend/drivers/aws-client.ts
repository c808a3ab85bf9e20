const CONNECT_MS = 3_000;

interface AwsEnvironment {
  readonly AWS_REGION: string;
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
}

/**
 * Settings that SQS and S3 clients share. Without keys in the environment the SDK's own chain finds credentials.
 * S3-compatible services are addressed by path, since their hosts have no name per bucket.
 */
export function awsClient(env: AwsEnvironment, endpoint: string | undefined, request_timeout_ms: number) {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  return {
    region: env.AWS_REGION,
    ...(accessKeyId !== undefined && secretAccessKey !== undefined
      ? { credentials: { accessKeyId, secretAccessKey } }
      : {}),
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: request_timeout_ms },
  };
}
