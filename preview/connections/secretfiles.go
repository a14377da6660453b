package connections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// FileScheme is the scheme of references to SecretFiles.
const FileScheme = "file"

// SecretFiles returns a SecretSource over a folder into which a secret manager
// puts its secrets as files, as Vault's agent, the Secrets Store CSI driver (AWS,
// Google, Azure, Vault) and Kubernetes do. A reference names a file of the
// folder, as in "file:shop/password"; it is read each time it is asked for, and
// never outside of the folder.
func SecretFiles(dir string) (SecretSource, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("connections: the folder of secrets cannot be read: %w", syserr.Cause(err))
	}
	return secretFiles(dir), root.Close()
}

type secretFiles string

func (s secretFiles) Fetch(_ context.Context, reference string) (preview.Secret, error) {
	name, ok := strings.CutPrefix(reference, FileScheme+":")
	if !ok || name == "" || strings.HasPrefix(name, "/") {
		return preview.Secret{}, errors.New(`the reference must name a file of the folder, as in "file:shop/password"`)
	}
	root, err := os.OpenRoot(string(s))
	if err != nil {
		return preview.Secret{}, syserr.Cause(err)
	}
	defer root.Close()                                                        //nolint:errcheck // only read
	if info, err := root.Stat(name); err != nil || !info.Mode().IsRegular() { // a pipe would keep us waiting
		return preview.Secret{}, errors.New("there is no such file in the folder of secrets")
	}
	opened, err := root.Open(name)
	if err != nil {
		return preview.Secret{}, syserr.Cause(err)
	}
	defer opened.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(opened, maxPayload+1))
	switch {
	case err != nil:
		return preview.Secret{}, syserr.Cause(err)
	case len(content) > maxPayload:
		return preview.Secret{}, errors.New("the secret is too long")
	}
	// A newline at the end is an editor's, not the secret's.
	return preview.NewSecret(string(bytes.TrimSuffix(bytes.TrimSuffix(content, []byte("\n")), []byte("\r")))), nil
}
