package console

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// serve returns the page's handlers as one.
func serve(t *testing.T, config Config) http.Handler {
	t.Helper()
	handlers, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for pattern, handler := range handlers {
		mux.Handle(pattern, handler)
	}
	return mux
}

func get(handler http.Handler, method, target string, header map[string]string, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for key, value := range header {
		r.Header.Set(key, value)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// TestHeaders: whatever is answered, a browser keeps to itself, and it runs and loads
// nothing else.
func TestHeaders(t *testing.T) {
	t.Parallel()
	handler := serve(t, Config{Mode: ModeLink, Sessions: NewSessions()})
	for _, request := range []struct {
		method, target string
		status         int
		cache          string
	}{
		{"GET", "/", 200, "no-store"},
		{"HEAD", "/", 200, "no-store"},
		{"POST", "/", 405, "no-store"},
		{"GET", "/console/app.js", 200, "no-cache"},
		{"GET", "/console/app.js?v=0", 200, "no-cache"},
		{"GET", "/console/app.css", 200, "no-cache"},
		{"GET", "/console/icon.svg", 200, "no-cache"},
		{"GET", "/console/NOTICES.txt", 200, "no-cache"},
		{"GET", "/console/index.html", 404, "no-store"},
		{"GET", "/console/..%2fdoc.go", 404, "no-store"},
		{"DELETE", "/console/app.js", 405, "no-store"},
		{"GET", "/console/config", 200, "no-store"},
		{"POST", "/console/config", 405, "no-store"},
		{"GET", "/console/session", 405, "no-store"},
		{"POST", "/console/session", 415, "no-store"},
	} {
		t.Run(request.method+request.target, func(t *testing.T) {
			w := get(handler, request.method, request.target, nil, "")
			if w.Code != request.status {
				t.Errorf("status %d, want %d", w.Code, request.status)
			}
			policy := w.Header().Get("Content-Security-Policy")
			for _, directive := range []string{
				"default-src 'none'", "script-src 'self'", "connect-src 'self'", "img-src 'self'", "base-uri 'none'", "form-action 'none'",
				"frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'",
			} {
				if !strings.Contains("; "+policy+";", "; "+directive+";") {
					t.Errorf("the policy lacks %q: %s", directive, policy)
				}
			}
			if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "data:") {
				t.Errorf("the policy allows too much: %s", policy)
			}
			for name, want := range map[string]string{
				"Cache-Control":                request.cache,
				"X-Content-Type-Options":       "nosniff",
				"X-Frame-Options":              "DENY",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Cross-Origin-Embedder-Policy": "require-corp",
			} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			if w.Header().Get("Permissions-Policy") == "" || w.Header().Get("Access-Control-Allow-Origin") != "" || w.Header().Get("Set-Cookie") != "" {
				t.Errorf("headers: %v", w.Header())
			}
			if request.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("it does not say which methods there are")
			}
			if request.method == "HEAD" && w.Body.Len() > 0 {
				t.Error("HEAD has a body")
			}
		})
	}
}

// TestNonce: each page has a nonce of its own, in its policy and in its meta element.
func TestNonce(t *testing.T) {
	t.Parallel()
	handler := serve(t, Config{Mode: ModeOpen})
	seen := map[string]bool{}
	for range 8 {
		w := get(handler, "GET", "/", nil, "")
		nonce := regexp.MustCompile(`style-src 'self' 'nonce-([A-Za-z0-9_-]{22})';`).FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
		if nonce == nil || seen[nonce[1]] || !strings.Contains(w.Body.String(), `<meta name="csp-nonce" content="`+nonce[1]+`">`) {
			t.Fatalf("nonce %q of %s\n%s", nonce, w.Header().Get("Content-Security-Policy"), w.Body)
		}
		seen[nonce[1]] = true
		if strings.Contains(w.Body.String(), "{{") {
			t.Error("a placeholder is left")
		}
	}
}

// TestAssets: what index.html refers to is there, has the hash that the address
// names, may be kept, and is asked for by its tag.
func TestAssets(t *testing.T) {
	t.Parallel()
	handler := serve(t, Config{Mode: ModeOpen})
	index := get(handler, "GET", "/", nil, "").Body.String()
	references := regexp.MustCompile(`(?:src|href)="(/console/app\.[a-z]+\?v=[0-9a-f]{16})" integrity="sha384-[A-Za-z0-9+/]{64}"`).FindAllStringSubmatch(index, -1)
	if len(references) != 2 {
		t.Fatalf("references: %q", references)
	}
	for _, reference := range references {
		plain := get(handler, "GET", reference[1], nil, "")
		if plain.Code != 200 || plain.Header().Get("Cache-Control") != immutable || plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s: %d %v", reference[1], plain.Code, plain.Header())
		}
		zipped := get(handler, "GET", reference[1], map[string]string{"Accept-Encoding": "br, gzip;q=0.5"}, "")
		reader, err := gzip.NewReader(zipped.Body)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(reader)
		if err != nil || !bytes.Equal(content, plain.Body.Bytes()) {
			t.Errorf("%s: the compressed form is another: %v", reference[1], err)
		}
		if zipped.Header().Get("Vary") != "Accept-Encoding" || zipped.Header().Get("ETag") == plain.Header().Get("ETag") {
			t.Errorf("%s: a cache would mix the two forms: %v", reference[1], zipped.Header())
		}
		for _, form := range []*httptest.ResponseRecorder{plain, zipped} {
			again := get(handler, "GET", reference[1], map[string]string{
				"If-None-Match": `"other", ` + form.Header().Get("ETag"), "Accept-Encoding": form.Header().Get("Content-Encoding"),
			}, "")
			if again.Code != http.StatusNotModified || again.Body.Len() > 0 {
				t.Errorf("%s: %d for its own tag", reference[1], again.Code)
			}
		}
		if w := get(handler, "GET", reference[1], map[string]string{"If-None-Match": `"other"`}, ""); w.Code != 200 {
			t.Errorf("%s: %d for another tag", reference[1], w.Code)
		}
		if w := get(handler, "HEAD", reference[1], map[string]string{"Accept-Encoding": "gzip"}, ""); w.Body.Len() > 0 || w.Header().Get("Content-Length") != zipped.Header().Get("Content-Length") {
			t.Errorf("%s: HEAD: %v", reference[1], w.Header())
		}
		if w := get(handler, "GET", reference[1], map[string]string{"Accept-Encoding": "gzip;q=0"}, ""); w.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed for who does not want it", reference[1])
		}
	}
}

// TestSize: the page is light.
func TestSize(t *testing.T) {
	t.Parallel()
	files, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	size := len(files.index)
	for _, name := range []string{"app.js", "app.css", "icon.svg"} {
		size += min(len(files.files[name].plain), len(compress(files.files[name].plain)))
	}
	t.Logf("the page is %d bytes, compressed", size)
	if size > 200<<10 {
		t.Errorf("the page is %d bytes, compressed; the bound is 200 KiB", size)
	}
}

// TestBundle: nothing of the bundle refers to another host, or evaluates text.
func TestBundle(t *testing.T) {
	t.Parallel()
	files, err := embedded()
	if err != nil {
		t.Fatal(err)
	}
	if text := string(files.files["app.css"].plain); strings.Contains(text, "url(") || strings.Contains(text, "@import") {
		t.Error("the styles load something")
	}
	if bytes.Contains(files.index, []byte("//")) || bytes.Contains(files.index, []byte("<style")) || bytes.Contains(files.index, []byte("style=")) || bytes.Contains(files.index, []byte("onload")) {
		t.Error("index.html refers to another host, or has inline code or styles")
	}
	for _, word := range []string{"sourceMappingURL", "localStorage", "sessionStorage", "document.cookie", "indexedDB", "serviceWorker"} {
		if bytes.Contains(files.files["app.js"].plain, []byte(word)) {
			t.Errorf("the script uses %s", word)
		}
	}
	notices := string(files.files["NOTICES.txt"].plain)
	for _, name := range []string{"@codemirror/view ", "@lezer/common ", "style-mod ", "w3c-keyname ", "Permission is hereby granted"} {
		if !strings.Contains(notices, name) {
			t.Errorf("the notices lack %s", name)
		}
	}
}

// TestForeignPages: another page may lead here and do nothing else.
func TestForeignPages(t *testing.T) {
	t.Parallel()
	handler := serve(t, Config{Mode: ModeLink, Sessions: NewSessions()})
	for _, request := range []struct {
		target, site, mode, dest string
		status                   int
	}{
		{"/", "", "", "", 200},
		{"/", "none", "navigate", "document", 200},
		{"/", "same-origin", "navigate", "document", 200},
		{"/", "cross-site", "navigate", "document", 200},
		{"/", "same-site", "navigate", "document", 200},
		{"/", "cross-site", "navigate", "iframe", 403},
		{"/", "same-site", "navigate", "iframe", 403},
		{"/", "cross-site", "navigate", "object", 403},
		{"/", "cross-site", "no-cors", "empty", 403},
		{"/console/app.js", "same-origin", "cors", "script", 200},
		{"/console/app.js", "cross-site", "no-cors", "script", 403},
		{"/console/icon.svg", "same-site", "no-cors", "image", 403},
		{"/console/config", "same-origin", "cors", "empty", 200},
		{"/console/config", "cross-site", "cors", "empty", 403},
	} {
		w := get(handler, "GET", request.target, map[string]string{
			"Sec-Fetch-Site": request.site, "Sec-Fetch-Mode": request.mode, "Sec-Fetch-Dest": request.dest,
		}, "")
		if w.Code != request.status {
			t.Errorf("%+v: %d", request, w.Code)
		}
	}
}

// TestConfig: the page learns how it gets its token, and where nothing is exchanged
// there is nothing to exchange with.
func TestConfig(t *testing.T) {
	t.Parallel()
	for _, config := range []Config{
		{Mode: ModeLink, Sessions: NewSessions(), Version: "1.2.3"}, {Mode: ModeToken}, {Mode: ModeOpen},
	} {
		handler := serve(t, config)
		var got map[string]string
		w := get(handler, "GET", "/console/config", nil, "")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got["mode"] != string(config.Mode) || got["version"] != config.Version {
			t.Errorf("%s: %s", config.Mode, w.Body)
		}
		w = get(handler, "POST", "/console/session", map[string]string{"Content-Type": "application/json"}, `{"token":""}`)
		if want := map[bool]int{true: 401, false: 405}[config.Mode == ModeLink]; w.Code != want && w.Code != 404 {
			t.Errorf("%s: an exchange is answered %d", config.Mode, w.Code)
		}
	}
	if _, err := New(Config{Mode: ModeLink}); err == nil {
		t.Error("ModeLink without sessions")
	}
	if _, err := New(Config{Mode: ModeOpen, Sessions: NewSessions()}); err == nil {
		t.Error("sessions without ModeLink")
	}
}

// TestIncompleteBundle: a page that could not work is no page.
func TestIncompleteBundle(t *testing.T) {
	t.Parallel()
	if _, err := openAssets(fstest.MapFS{}); !errors.Is(err, ErrNotBuilt) {
		t.Errorf("without a bundle: %v", err)
	}
	if _, err := openAssets(fstest.MapFS{"dist/index.html": {Data: []byte("{{.Nonce}}")}}); err == nil {
		t.Error("an index without a script")
	}
	if _, err := openAssets(fstest.MapFS{"dist/index.html": {Data: []byte("")}}); err == nil {
		t.Error("an index without a nonce")
	}
}
