import { Alert, Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { ArtifactType } from '../../../../src/gen/flyteidl2/dataproxy/dataproxy_service_pb.js';
import type { TaskSpec } from '../../../../src/gen/flyteidl2/task/task_definition_pb.js';
import { codeBundleUri } from '../../../../src/runs/code-bundle.ts';
import { dataClient } from '../../api/data-client.ts';
import { errorText } from '../../api/errors.ts';
import { CopyButton } from '../../shared/copy-button.tsx';
import { useAction } from '../action-context.ts';
import panel from '../action-panel.module.css';
import styles from './spec.module.css';

/** The code that the task ran, where it was uploaded beside its image: where it lies, and a way to save it. */
export function CodeSection({ spec }: { readonly spec: TaskSpec }) {
  const { id, attempt } = useAction();
  const uri = codeBundleUri(spec);
  const save = useMutation({
    mutationFn: async () => {
      const source = { case: 'actionAttemptId', value: { actionId: id, attempt } } as const;
      const { preSignedUrls } = await dataClient.createDownloadLink({
        artifactType: ArtifactType.CODE_BUNDLE,
        source,
      });
      return preSignedUrls?.signedUrl[0] ?? '';
    },
    onSuccess: (url) => {
      const link = document.createElement('a');
      link.href = url;
      // Of another origin, such as that of S3, the browser takes the name from the address.
      link.download = uri?.split('/').at(-1) ?? 'code';
      link.rel = 'noreferrer';
      link.click();
    },
  });
  if (uri === undefined) return null;
  return (
    <section className={panel.section} aria-label="Code">
      <h3>
        Code
        <span data-right>
          <CopyButton value={uri} what="where the code lies" />
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconDownload size={12} />}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            Save the code
          </Button>
        </span>
      </h3>
      <p className={styles.uri}>{uri}</p>
      {save.isError && (
        <Alert role="alert" variant="outline" color="red" title="The code can’t be saved" mt="xs">
          {errorText(save.error)}
        </Alert>
      )}
    </section>
  );
}
