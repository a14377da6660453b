package worker

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/op-data/sqlpreview/preview/internal/filecache"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// maxSecretFile bounds what is read of a file with one secret.
const maxSecretFile = 64 << 10

// KeyFile returns the content of a file, without the white space around, for
// Config.Token: an API key. It is read again when it changes. A changed file that cannot
// be read, or is empty while it is being written, leaves the last good key in force; then
// onError, unless it is nil, gets the fault. It must not block.
func KeyFile(path string, onError func(error)) (func(context.Context) (string, error), error) {
	secret, err := secretFile(path, onError)
	if err != nil {
		return nil, err
	}
	return func(context.Context) (string, error) { return secret(), nil }, nil
}

// secretFile returns a function that gives the secret in a file, as KeyFile says, or what
// is wrong with the file now.
func secretFile(path string, onError func(error)) (func() string, error) {
	file := &filecache.Cache[string]{Paths: []string{path}, Load: func() (string, error) { return readSecret(path) }}
	if _, err := file.Get(); err != nil {
		return nil, err
	}
	file.OnError = onError
	return func() string {
		secret, _ := file.Get() // an error was reported, and leaves the last good secret
		return secret
	}, nil
}

func readSecret(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", syserr.Cause(err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		return "", errors.New("it is not a regular file of at most 64 KiB")
	}
	content, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", syserr.Cause(err)
	}
	secret := strings.TrimSpace(string(content))
	if secret == "" || strings.ContainsAny(secret, "\r\n\x00") {
		return "", errors.New("it does not hold one secret on one line")
	}
	return secret, nil
}
