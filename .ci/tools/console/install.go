package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	// maxArchive and maxUnpacked bound one package, in bytes.
	maxArchive  = 64 << 20
	maxUnpacked = 256 << 20
	// fetching is how many packages are fetched at a time.
	fetching     = 4
	fetchTimeout = time.Minute
	attempts     = 3
)

// install unpacks the packages into their folders below work.
func install(ctx context.Context, packages []pkg, work, page string) error {
	from := readRegistries(page, os.Getenv)
	faults := make([]error, len(packages))
	slots := make(chan struct{}, fetching)
	var running sync.WaitGroup
	for i, p := range packages {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			archive, err := fetch(ctx, from.of(p.name), p)
			if err == nil {
				err = unpack(archive, filepath.Join(work, filepath.FromSlash(p.dir)))
			}
			if err != nil {
				faults[i] = fmt.Errorf("%s %s: %w", p.name, p.version, err)
			}
		})
	}
	running.Wait()
	return errors.Join(faults...)
}

// fetch returns the archive of a package, from the cache where it is there. Either
// way its hash is the locked one.
func fetch(ctx context.Context, registry string, p pkg) ([]byte, error) {
	cached := ""
	if dir, err := os.UserCacheDir(); err == nil {
		cached = filepath.Join(dir, "sqlpreview-console", hex.EncodeToString(p.sha512)+".tgz")
		if content, err := os.ReadFile(cached); err == nil && p.proves(content) {
			return content, nil
		}
	}
	var content []byte
	var err error
	for range attempts {
		if content, err = download(ctx, registry+p.archive()); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if !p.proves(content) {
		return nil, errors.New("the archive is not the one that the lock file names")
	}
	if cached != "" {
		keep(cached, content)
	}
	return content, nil
}

// proves reports whether content is the locked archive.
func (p pkg) proves(content []byte) bool {
	sum := sha512.Sum512(content)
	return subtle.ConstantTimeCompare(sum[:], p.sha512) == 1
}

// keep writes a file of the cache; without it the next build fetches again.
func keep(file string, content []byte) {
	if os.MkdirAll(filepath.Dir(file), 0o700) != nil {
		return
	}
	temporary, err := os.CreateTemp(filepath.Dir(file), "new-")
	if err != nil {
		return
	}
	_, err = temporary.Write(content)
	if errors.Join(err, temporary.Close()) == nil {
		err = os.Rename(temporary.Name(), file)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
	}
}

func download(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the registry answered %s", response.Status)
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, maxArchive+1))
	if len(content) > maxArchive {
		return nil, errors.New("the archive is too large")
	}
	return content, err
}

// unpack writes the regular files of an archive of npm's, without its first folder.
func unpack(archive []byte, dir string) error {
	uncompressed, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return fmt.Errorf("the archive is not compressed by gzip: %w", err)
	}
	files := tar.NewReader(io.LimitReader(uncompressed, maxUnpacked))
	for {
		header, err := files.Next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case header.Typeflag != tar.TypeReg:
			continue
		}
		_, name, ok := strings.Cut(header.Name, "/")
		if !ok || !filepath.IsLocal(name) {
			return fmt.Errorf("the archive holds the file %q, which would not lie in the package's folder", header.Name)
		}
		if err := writeFile(filepath.Join(dir, filepath.FromSlash(name)), files); err != nil {
			return err
		}
	}
}

func writeFile(name string, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	return errors.Join(err, file.Close())
}
