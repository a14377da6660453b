package connections

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/op-data/sqlpreview/preview"
	"github.com/op-data/sqlpreview/preview/internal/syserr"
)

// maxLabelCharacters is the most that is read of a connection's name.
const maxLabelCharacters = 200

var (
	_ preview.ConnectionLister = (*Agent)(nil)
	_ preview.ConnectionLister = directory{}
	_ preview.ConnectionLister = file{}
	_ preview.ConnectionLister = single{}
)

// ListConnections implements preview.ConnectionLister: the workspace's rows whose
// type is postgres, and of these id and name alone.
func (a *Agent) ListConnections(ctx context.Context, after string, limit int) ([]preview.ConnectionName, error) {
	asking, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	rows, err := a.db.query(asking, `select "id"::pg_catalog.text, pg_catalog.left("name"::pg_catalog.text, `+strconv.Itoa(maxLabelCharacters)+`)
from `+agentTable(a.config.Schema)+`
where "workspaceId"::pg_catalog.text operator(pg_catalog.=) $1::pg_catalog.text
and "type"::pg_catalog.text operator(pg_catalog.=) 'postgres'
and "id"::pg_catalog.text collate pg_catalog."C" operator(pg_catalog.>) $2::pg_catalog.text
and pg_catalog.octet_length("id"::pg_catalog.text) operator(pg_catalog.<=) `+strconv.Itoa(maxIDBytes)+`
order by "id"::pg_catalog.text collate pg_catalog."C" limit $3::pg_catalog.int4`,
		a.config.WorkspaceID, after, strconv.Itoa(limit))
	if err != nil {
		return nil, err
	}
	names := make([]preview.ConnectionName, len(rows))
	for i, row := range rows {
		names[i] = preview.ConnectionName{ID: string(row[0]), Label: string(row[1])}
	}
	return names, nil
}

// maxFiles bounds how many files of a folder are looked at.
const maxFiles = 10_000

// ListConnections implements preview.ConnectionLister: the names of the files that
// Resolve would read.
func (d directory) ListConnections(_ context.Context, after string, limit int) ([]preview.ConnectionName, error) {
	root, err := os.OpenRoot(d.path)
	if err != nil {
		return nil, fmt.Errorf("connections: the folder of connections cannot be read: %w", syserr.Cause(err))
	}
	defer root.Close() //nolint:errcheck // only read
	folder, err := root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("connections: the folder of connections cannot be read: %w", syserr.Cause(err))
	}
	defer folder.Close() //nolint:errcheck // only read
	ids, err := folder.Readdirnames(maxFiles)
	if err != nil && !errors.Is(err, io.EOF) { // which an empty folder has
		return nil, fmt.Errorf("connections: the folder of connections cannot be read: %w", syserr.Cause(err))
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id <= after || !fileName.MatchString(id) })
	slices.Sort(ids)
	var names []preview.ConnectionName
	for _, id := range ids {
		if len(names) == limit {
			break
		}
		if info, err := root.Stat(id); err == nil && info.Mode().IsRegular() {
			names = append(names, preview.ConnectionName{ID: id})
		}
	}
	return names, nil
}

// ListConnections implements preview.ConnectionLister.
func (f file) ListConnections(_ context.Context, after string, limit int) ([]preview.ConnectionName, error) {
	return onlyDefault(after, limit), nil
}

// ListConnections implements preview.ConnectionLister.
func (s single) ListConnections(_ context.Context, after string, limit int) ([]preview.ConnectionName, error) {
	return onlyDefault(after, limit), nil
}

// onlyDefault lists the one connection there is.
func onlyDefault(after string, limit int) []preview.ConnectionName {
	if after >= preview.DefaultConnectionID || limit < 1 {
		return nil
	}
	return []preview.ConnectionName{{ID: preview.DefaultConnectionID}}
}
