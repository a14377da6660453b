package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// archiveOf returns an archive as npm makes them.
func archiveOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var content bytes.Buffer
	compressed := gzip.NewWriter(&content)
	w := tar.NewWriter(compressed)
	for name, text := range files {
		header := &tar.Header{Name: name, Mode: 0o644, Size: int64(len(text)), Typeflag: tar.TypeReg}
		if target, isLink := strings.CutPrefix(text, "-> "); isLink {
			header.Typeflag, header.Linkname, header.Size = tar.TypeSymlink, target, 0
			text = ""
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := compressed.Close(); err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func integrity(content []byte) string {
	sum := sha512.Sum512(content)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// page writes the sources of a page that uses one package, whose archive has that
// integrity.
func page(t *testing.T, integrity string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"index.html": `<meta name="csp-nonce" content="{{.Nonce}}"><link rel="stylesheet" href="/console/app.css"><script src="/console/app.js"></script>`,
		"package-lock.json": `{"lockfileVersion": 3, "packages": {"": {}, "node_modules/@scope/greet": {"version": "1.2.3", "integrity": "` + integrity + `"},
			"node_modules/only-for-development": {"version": "1.0.0", "dev": true, "integrity": "` + integrity + `"}}}`,
		"src/main.ts":  `import "./main.css"; import { greet } from "@scope/greet"; const name: string = "you"; greet(name);`,
		"src/main.css": `body { margin: 0 }`,
		// One beside the sources that nothing has proven.
		"node_modules/@scope/greet/package.json": `{"name": "@scope/greet", "version": "1.2.3", "main": "i.js"}`,
		"node_modules/@scope/greet/i.js":         `export const greet = (name) => alert("unproven " + name)`,
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

var greet = map[string]string{
	"package/package.json": `{"name": "@scope/greet", "version": "1.2.3", "main": "i.js"}`,
	"package/i.js":         `export const greet = (name) => console.info("proven " + name)`,
	"package/LICENSE":      "the licence of greet",
}

// registry serves one archive and has npm's configuration name it.
func registry(t *testing.T, archive []byte) (asked *[]string) {
	t.Helper()
	asked = new([]string)
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		*asked = append(*asked, r.URL.Path)
		_, _ = w.Write(archive)
	}))
	t.Cleanup(server.Close)
	t.Setenv("NPM_CONFIG_REGISTRY", server.URL)
	t.Setenv("NPM_CONFIG_USERCONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("NPM_CONFIG_GLOBALCONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	return asked
}

// TestBundle: the bundle holds the proven package, its licence, and the hashes of its
// files; the same sources give the same bytes; what was fetched once is not fetched
// again.
func TestBundle(t *testing.T) {
	archive := archiveOf(t, greet)
	asked := registry(t, archive)
	dir := page(t, integrity(archive))
	read := func(out, name string) string {
		content, err := os.ReadFile(filepath.Join(out, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	outs := []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	for _, out := range outs {
		if err := run(t.Context(), dir, out, "", false); err != nil {
			t.Fatal(err)
		}
	}
	if len(*asked) != 1 || (*asked)[0] != "/@scope/greet/-/greet-1.2.3.tgz" {
		t.Errorf("the registry was asked for %q", *asked)
	}
	script := read(outs[0], scriptFile)
	if !strings.Contains(script, "proven") || strings.Contains(script, "unproven") {
		t.Errorf("the script is %s", script)
	}
	if notices := read(outs[0], "NOTICES.txt"); !strings.Contains(notices, "@scope/greet 1.2.3\n\nthe licence of greet") {
		t.Errorf("the notices are %s", notices)
	}
	sum := sha512.Sum384([]byte(script))
	if index := read(outs[0], "index.html"); !strings.Contains(index, `integrity="sha384-`+base64.StdEncoding.EncodeToString(sum[:])+`"`) {
		t.Errorf("the index is %s", index)
	}
	for _, name := range []string{scriptFile, styleFile, "index.html", "NOTICES.txt"} {
		if read(outs[0], name) != read(outs[1], name) {
			t.Errorf("%s is another the second time", name)
		}
	}
}

// TestDevelopmentPackage: one is unpacked on its own, by the same hashes; one that the
// bundle has is none.
func TestDevelopmentPackage(t *testing.T) {
	archive := archiveOf(t, greet)
	asked := registry(t, archive)
	out := filepath.Join(t.TempDir(), "out")
	if err := run(t.Context(), page(t, integrity(archive)), out, "only-for-development", false); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(filepath.Join(out, "i.js")); err != nil || string(content) != greet["package/i.js"] {
		t.Errorf("%s %v", content, err)
	}
	if len(*asked) != 1 || (*asked)[0] != "/only-for-development/-/only-for-development-1.0.0.tgz" {
		t.Errorf("the registry was asked for %q", *asked)
	}
	if err := run(t.Context(), page(t, integrity(archive)), out, "@scope/greet", false); err == nil {
		t.Error("a package of the bundle was taken for one")
	}
}

// TestTypes: the compiler of this system alone is fetched, checks a copy of the sources
// beside the locked packages, and its verdict is the tool's.
func TestTypes(t *testing.T) {
	for name, test := range map[string]struct{ script, say string }{
		"holds":         {`[ "$1 $2" = "--project tsconfig.json" ] && [ -d src ] && [ -f node_modules/@scope/greet/i.js ] && echo fine`, ""},
		"does not hold": {"echo 'src/a.ts: no'; exit 2", "see above"},
	} {
		t.Run(name, func(t *testing.T) {
			files := maps.Clone(greet)
			files["package/lib/tsc"] = "#!/bin/sh\n" + test.script + "\n"
			archive := archiveOf(t, files)
			asked := registry(t, archive)
			sum := sha512.Sum512(archive)
			compiler := compilers + system(runtime.GOOS, runtime.GOARCH)
			var locked []pkg
			for _, name := range []string{"@scope/greet", compiler, compilers + "another-system", "only-for-development"} {
				locked = append(locked, pkg{dir: nodeModules + name, name: name, version: "1.0.0", sha512: sum[:], dev: name != "@scope/greet"})
			}
			var report strings.Builder
			err := checkTypes(t.Context(), locked, page(t, integrity(archive)), &report)
			if (err == nil) != (test.say == "") || err != nil && !strings.Contains(err.Error(), test.say) || report.Len() == 0 {
				t.Errorf("%v: %s", err, report.String())
			}
			for _, path := range *asked {
				if strings.Contains(path, "another-system") || strings.Contains(path, "only-for-development") {
					t.Errorf("%s was fetched", path)
				}
			}
			if err := checkTypes(t.Context(), locked[:1], page(t, integrity(archive)), &report); err == nil || !strings.Contains(err.Error(), "no TypeScript compiler") {
				t.Errorf("without a compiler: %v", err)
			}
		})
	}
	for given, want := range map[[2]string]string{{"linux", "amd64"}: "linux-x64", {"darwin", "arm64"}: "darwin-arm64", {"windows", "amd64"}: "win32-x64"} {
		if got := system(given[0], given[1]); got != want {
			t.Errorf("%v is %s", given, got)
		}
	}
}

// TestRefusedArchives: another archive than the locked one, and one that would write
// elsewhere.
func TestRefusedArchives(t *testing.T) {
	good := archiveOf(t, greet)
	for name, test := range map[string]struct {
		served []byte
		locked string
		say    string
	}{
		"another":         {archiveOf(t, map[string]string{"package/i.js": "alert(1)"}), integrity(good), "is not the one that the lock file names"},
		"no archive":      {[]byte("text"), integrity([]byte("text")), "gzip"},
		"outside":         {nil, "", "would not lie in the package's folder"},
		"without licence": {nil, "", "no file with its licence"},
	} {
		switch name {
		case "outside":
			test.served = archiveOf(t, map[string]string{"package/../../../escaped": "x"})
		case "without licence":
			test.served = archiveOf(t, map[string]string{"package/package.json": greet["package/package.json"], "package/i.js": greet["package/i.js"]})
		}
		if test.locked == "" {
			test.locked = integrity(test.served)
		}
		t.Run(name, func(t *testing.T) {
			registry(t, test.served)
			err := run(t.Context(), page(t, test.locked), filepath.Join(t.TempDir(), "out"), "", false)
			if err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("%v, want %q", err, test.say)
			}
		})
	}
}

// TestLinksAreLeftOut: an archive can make nothing but files.
func TestLinksAreLeftOut(t *testing.T) {
	dir := t.TempDir()
	if err := unpack(archiveOf(t, map[string]string{"package/link": "-> /etc", "package/file": "text"}), dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "file" {
		t.Errorf("%v %v", entries, err)
	}
}

func TestRefusedLockFiles(t *testing.T) {
	hash := integrity(nil)
	for name, test := range map[string]struct{ packages, say string }{
		"an address":     {`"node_modules/a": {"version": "1.0.0", "resolved": "https://example.com/a.tgz", "integrity": "` + hash + `"}`, "names an address"},
		"no hash":        {`"node_modules/a": {"version": "1.0.0"}`, "no sha512"},
		"a weak hash":    {`"node_modules/a": {"version": "1.0.0", "integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk="}`, "no sha512"},
		"a short hash":   {`"node_modules/a": {"version": "1.0.0", "integrity": "sha512-AAAA"}`, "no sha512"},
		"a link":         {`"node_modules/a": {"link": true}`, "no package of a registry"},
		"another folder": {`"../a": {"version": "1.0.0", "integrity": "` + hash + `"}`, "not one below node_modules"},
		"a way out":      {`"node_modules/../../a": {"version": "1.0.0", "integrity": "` + hash + `"}`, "not one below node_modules"},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "package-lock.json")
			if err := os.WriteFile(file, []byte(`{"lockfileVersion": 3, "packages": {`+test.packages+`}}`), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := readLock(file); err == nil || !strings.Contains(err.Error(), test.say) {
				t.Errorf("%v, want %q", err, test.say)
			}
		})
	}
}

// TestRegistries: npm's order.
func TestRegistries(t *testing.T) {
	home, project := t.TempDir(), t.TempDir()
	global := filepath.Join(t.TempDir(), "npmrc")
	t.Setenv("HOME", home)
	write := func(file, content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := map[string]string{"NPM_CONFIG_GLOBALCONFIG": global}
	getenv := func(name string) string { return env[name] }
	step := func(name, want string) {
		t.Helper()
		if got := readRegistries(project, getenv).of(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	step("a", publicRegistry)
	write(global, "; a comment\nregistry=http://global\n@s:registry = \"http://scope/\"\n//global/:_authToken=never\n")
	step("a", "http://global/")
	step("@s/a", "http://scope/")
	step("@t/a", "http://global/")
	write(filepath.Join(home, ".npmrc"), "registry=http://user/npm/\n")
	step("a", "http://user/npm/")
	write(filepath.Join(project, ".npmrc"), "registry=http://project\n")
	step("a", "http://project/")
	env["npm_config_registry"] = "http://environment"
	step("a", "http://environment/")
	step("@s/a", "http://scope/")
}
