package connections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// directory is a Resolver over a mounted folder.
type directory struct {
	path   string
	policy Policy
}

// fileName is what an id may look like to name a file: what Kubernetes allows
// for the key of a Secret, less the names that begin with a dot.
var fileName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}$`)

// Directory returns a Resolver of the files in a folder: the file's name is the
// connection's id, its content a connection string or a payload. A file is read
// each time it is asked for. A link is followed only within the folder.
func Directory(path string, policy Policy) (preview.Resolver, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("connections: the folder of connections cannot be read: %w", syserr.Cause(err))
	}
	if err := root.Close(); err != nil {
		return nil, fmt.Errorf("connections: the folder of connections cannot be read: %w", syserr.Cause(err))
	}
	return directory{path: path, policy: policy}, nil
}

func (d directory) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	if id == "" {
		id = preview.DefaultConnectionID
	}
	if !fileName.MatchString(id) {
		return preview.Connection{}, preview.ErrConnectionNotFound
	}
	content, err := d.load(id)
	if err != nil {
		return preview.Connection{}, err
	}
	return d.policy.read(ctx, content)
}

func (d directory) load(id string) ([]byte, error) {
	// The folder is opened anew each time: a mount may be replaced as a whole.
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, fmt.Errorf("connections: the folder of connections cannot be read: %w", syserr.Cause(err))
	}
	defer root.Close() //nolint:errcheck // only read
	info, err := root.Stat(id)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, preview.ErrConnectionNotFound
	case err != nil:
		return nil, fmt.Errorf("connections: a file of the folder cannot be read: %w", syserr.Cause(err))
	case !info.Mode().IsRegular(): // a pipe would keep us waiting
		return nil, preview.ErrConnectionNotFound
	}
	file, err := root.Open(id)
	if err != nil {
		return nil, fmt.Errorf("connections: a file of the folder cannot be read: %w", syserr.Cause(err))
	}
	defer file.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(file, maxPayload+1))
	if err != nil {
		return nil, fmt.Errorf("connections: a file of the folder cannot be read: %w", syserr.Cause(err))
	}
	return content, nil
}

// File returns a Resolver of one connection, whose id is "default", from a file
// that holds a connection string or a payload. The file is read each time it is
// asked for, so a rotated password is in force without a restart.
func File(path string, policy Policy) (preview.Resolver, error) {
	f := file{path: path, policy: policy}
	if _, err := f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// file is a Resolver over one file.
type file struct {
	path   string
	policy Policy
}

func (f file) Resolve(ctx context.Context, id string) (preview.Connection, error) {
	if id != "" && id != preview.DefaultConnectionID {
		return preview.Connection{}, preview.ErrConnectionNotFound
	}
	content, err := f.load()
	if err != nil {
		return preview.Connection{}, err
	}
	return f.policy.read(ctx, content)
}

func (f file) load() ([]byte, error) {
	opened, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("connections: the file with the connection string cannot be read: %w", syserr.Cause(err))
	}
	defer opened.Close() //nolint:errcheck // only read
	content, err := io.ReadAll(io.LimitReader(opened, maxPayload+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("connections: the file with the connection string cannot be read: %w", syserr.Cause(err))
	case len(bytes.TrimSpace(content)) == 0 || len(content) > maxPayload:
		return nil, invalid(errors.New("connections: the file with the connection string is empty or too large to be one"))
	}
	return content, nil
}
