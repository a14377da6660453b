package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The files of the bundle beside index.html, and the paths that index.html uses.
const (
	scriptFile, scriptPath = "app.js", "/console/app.js"
	styleFile, stylePath   = "app.css", "/console/app.css"
	entry                  = "src/main.ts"
)

// bundle returns the files of the bundle by their names.
func bundle(work string, locked []pkg) (map[string][]byte, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       work,
		EntryPointsAdvanced: []api.EntryPoint{{InputPath: entry, OutputPath: "app"}},
		Outdir:              "dist",
		Bundle:              true,
		Metafile:            true,
		Format:              api.FormatESModule,
		Platform:            api.PlatformBrowser,
		Target:              api.ES2022,
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		MinifySyntax:        true,
		LegalComments:       api.LegalCommentsNone, // NOTICES.txt has the licences
		TreeShaking:         api.TreeShakingTrue,
	})
	var faults []error
	for _, message := range append(result.Errors, result.Warnings...) {
		at := ""
		if l := message.Location; l != nil {
			at = fmt.Sprintf("%s:%d:%d: ", l.File, l.Line, l.Column+1)
		}
		faults = append(faults, fmt.Errorf("%s%s", at, message.Text))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	files := map[string][]byte{}
	for _, output := range result.OutputFiles {
		files[filepath.Base(output.Path)] = output.Contents
	}
	for _, name := range []string{scriptFile, styleFile} {
		if files[name] == nil {
			return nil, fmt.Errorf("%s gives no %s", entry, name)
		}
	}
	index, err := os.ReadFile(filepath.Join(work, "index.html"))
	if err != nil {
		return nil, err
	}
	for path, name := range map[string]string{scriptPath: scriptFile, stylePath: styleFile} {
		if index, err = link(index, path, files[name]); err != nil {
			return nil, err
		}
	}
	files["index.html"] = index
	if icon, err := os.ReadFile(filepath.Join(work, "icon.svg")); err == nil {
		files["icon.svg"] = icon
	}
	files["NOTICES.txt"], err = notices(work, locked, result.Metafile)
	return files, err
}

// link adds to the one reference to path in index.html the hash of what is there:
// as its query, so that the browser may keep it for ever, and as the integrity that
// the browser checks, whatever it kept under this address before.
func link(index []byte, path string, content []byte) ([]byte, error) {
	quoted := []byte(`"` + path + `"`)
	if bytes.Count(index, quoted) != 1 {
		return nil, fmt.Errorf("index.html does not hold %s once", quoted)
	}
	name, integrity := sha256.Sum256(content), sha512.Sum384(content)
	return bytes.Replace(index, quoted, fmt.Appendf(nil, `"%s?v=%s" integrity="sha384-%s"`,
		path, hex.EncodeToString(name[:8]), base64.StdEncoding.EncodeToString(integrity[:])), 1), nil
}

// notices lists the packages of the bundle with their licences.
func notices(work string, locked []pkg, metafile string) ([]byte, error) {
	var meta struct {
		Outputs map[string]struct {
			Inputs map[string]struct{ BytesInOutput int }
		}
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for _, output := range meta.Outputs {
		for input := range output.Inputs {
			if dir := packageOf(input, locked); dir != "" {
				used[dir] = true
			}
		}
	}
	var text bytes.Buffer
	text.WriteString("The console's page, app.js and app.css, holds parts of these packages.\n")
	for _, p := range locked {
		if !used[p.dir] {
			continue
		}
		licence, err := licence(filepath.Join(work, filepath.FromSlash(p.dir)))
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", p.name, p.version, err)
		}
		fmt.Fprintf(&text, "\n%s\n%s %s\n\n%s\n", strings.Repeat("-", 72), p.name, p.version, bytes.TrimSpace(licence))
	}
	return text.Bytes(), nil
}

// packageOf returns the folder of the package that a file belongs to, the innermost
// one; "" for none.
func packageOf(input string, locked []pkg) (dir string) {
	for _, p := range locked {
		if strings.HasPrefix(input, p.dir+"/") && len(p.dir) > len(dir) {
			dir = p.dir
		}
	}
	return dir
}

// licence returns the text of a package's licence.
func licence(dir string) ([]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if strings.HasPrefix(name, "LICENSE") || strings.HasPrefix(name, "LICENCE") || strings.HasPrefix(name, "COPYING") {
			return os.ReadFile(filepath.Join(dir, entry.Name()))
		}
	}
	return nil, errors.New("the package has no file with its licence")
}
