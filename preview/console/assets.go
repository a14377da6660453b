package console

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrNotBuilt says that the binary has no page in it.
var ErrNotBuilt = errors.New("this binary was built without the console (build tag no_console)")

// mediaTypes has the files of the bundle that are served under their own name.
var mediaTypes = map[string]string{
	"app.js":      "text/javascript; charset=utf-8",
	"app.css":     "text/css; charset=utf-8",
	"icon.svg":    "image/svg+xml",
	"NOTICES.txt": "text/plain; charset=utf-8",
}

// immutable lets a browser keep what has its hash in its address.
const immutable = "public, max-age=31536000, immutable"

// asset is one file of the bundle, in both encodings that it is served in.
type asset struct {
	mediaType, hash string
	plain, gzipped  []byte
}

// assets are the files of the bundle.
type assets struct {
	index []byte
	files map[string]*asset
}

// embedded is what the binary holds, compressed once.
var embedded = sync.OnceValues(func() (*assets, error) { return openAssets(bundle) })

// openAssets reads a bundle and compresses it.
func openAssets(bundle fs.FS) (*assets, error) {
	index, err := fs.ReadFile(bundle, "dist/index.html")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotBuilt
	} else if err != nil {
		return nil, err
	}
	if bytes.Count(index, []byte(noncePlaceholder)) == 0 {
		return nil, fmt.Errorf("console: index.html has no place for %s", noncePlaceholder)
	}
	a := &assets{index: index, files: map[string]*asset{}}
	for name, mediaType := range mediaTypes {
		content, err := fs.ReadFile(bundle, "dist/"+name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(content)
		file := &asset{mediaType: mediaType, hash: hex.EncodeToString(sum[:8]), plain: content}
		if compressed := compress(content); len(compressed) < len(content) {
			file.gzipped = compressed
		}
		a.files[name] = file
	}
	return a, nil
}

func compress(content []byte) []byte {
	var compressed bytes.Buffer
	w, err := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(content)
	}
	if errors.Join(err, w.Close()) != nil { // a buffer takes everything
		return content
	}
	return compressed.Bytes()
}

// ServeHTTP serves one file below /console/.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file := a.files[r.PathValue("file")]
	if file == nil {
		http.Error(w, "there is no such file", http.StatusNotFound)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.mediaType)
	header.Set("Cache-Control", "no-cache") // ask each time whether it changed
	if r.URL.RawQuery == "v="+file.hash {
		header.Set("Cache-Control", immutable)
	}
	content, tag := file.plain, file.hash
	if file.gzipped != nil {
		header.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Values("Accept-Encoding")) {
			content, tag = file.gzipped, file.hash+"-gzip"
			header.Set("Content-Encoding", "gzip")
			header.Set("Content-Length", strconv.Itoa(len(content)))
		}
	}
	header.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

// acceptsGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func acceptsGzip(headers []string) bool {
	for _, entry := range strings.Split(strings.Join(headers, ","), ",") {
		coding, weight, _ := strings.Cut(entry, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			_, q, _ := strings.Cut(strings.ReplaceAll(weight, " ", ""), "q=")
			return q == "" || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
