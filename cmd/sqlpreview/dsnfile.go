package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/op-data/sqlpreview/preview"
)

// maxDSNBytes bounds what is read of a file that should hold a DSN.
const maxDSNBytes = 64 << 10

// dsnFile is a preview.Resolver with one connection, whose DSN a file holds.
// The file is read for every preview, so a rotated password needs no restart.
type dsnFile string

// Resolve knows the id "default", which an empty one also means.
func (f dsnFile) Resolve(_ context.Context, connectionID string) (preview.Connection, error) {
	if connectionID != "" && connectionID != preview.DefaultConnectionID {
		return preview.Connection{}, preview.ErrConnectionNotFound
	}
	dsn, err := f.read()
	return preview.Connection{DSN: dsn}, err
}

// read returns the file's content without the white space around it. An error
// names the file and never its content.
func (f dsnFile) read() (preview.Secret, error) {
	file, err := os.Open(string(f))
	if err != nil {
		return preview.Secret{}, fmt.Errorf("the DSN file: %w", err)
	}
	defer file.Close() //nolint:errcheck // it was only read
	content, err := io.ReadAll(io.LimitReader(file, maxDSNBytes+1))
	if err != nil {
		return preview.Secret{}, fmt.Errorf("the DSN file: %w", err)
	}
	dsn := bytes.TrimSpace(content)
	if len(dsn) == 0 || len(content) > maxDSNBytes {
		return preview.Secret{}, errors.New("the DSN file " + string(f) + " is empty or too large to be a connection string")
	}
	return preview.NewSecret(string(dsn)), nil
}
