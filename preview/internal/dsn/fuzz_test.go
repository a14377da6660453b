package dsn_test

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/op-data/sqlpreview/preview/internal/dsn"
)

// canary marks every value of the environment.
const canary = "canary4711"

// environments returns an environment that has a value for every gap and one that
// has none, each as a function that enters it.
func environments(f *testing.F) (full, empty func(t *testing.T)) {
	f.Helper()
	home, nowhere := f.TempDir(), f.TempDir()
	for _, name := range []string{".pgpass", "pass"} {
		if err := os.WriteFile(filepath.Join(home, name), []byte("*:*:*:*:"+canary+"\n"), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	variables := map[string]string{
		"PGHOST": canary, "PGPORT": "4711", "PGDATABASE": canary, "PGUSER": canary, "PGPASSWORD": canary,
		"PGPASSFILE": filepath.Join(home, "pass"), "PGAPPNAME": canary, "PGCONNECT_TIMEOUT": "4711", "PGSSLMODE": "verify-full",
		"PGSSLKEY": canary, "PGSSLCERT": canary, "PGSSLCERTMODE": "require", "PGSSLSNI": "0", "PGSSLROOTCERT": canary,
		"PGSSLPASSWORD": canary, "PGSSLNEGOTIATION": "direct", "PGTARGETSESSIONATTRS": "standby", "PGTZ": canary, "PGOPTIONS": canary,
		"PGMINPROTOCOLVERSION": "3.2", "PGMAXPROTOCOLVERSION": "3.2", "PGCHANNELBINDING": "require", "PGREQUIREAUTH": "none",
	}
	full = func(t *testing.T) {
		t.Setenv("HOME", home)
		for name, value := range variables {
			t.Setenv(name, value)
		}
	}
	empty = func(t *testing.T) {
		t.Setenv("HOME", nowhere)
		for name := range variables {
			if err := os.Unsetenv(name); err != nil { // full has had it restored at the end
				t.Fatal(err)
			}
		}
	}
	return full, empty
}

// FuzzParse compares what Parse reads in an environment that fills every gap with
// what the driver reads, by itself, in an environment that fills none.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"host=h port=6 user=u password='it\\'s' dbname=d sslmode=require", "host=a,b port=1,2 user=u", `host=h password=a\ b`, "postgres://u:p%40@h:6/d?sslmode=disable",
		"postgres://u:p?x=1@h/d?ssl=true", "postgresql://u@a:1,[::1]:2,:3/d?host=x&connect_timeout=3", "postgres://preview@[x?],127.0.0.1:5432/shop", "postgres:///d?host=/tmp&port=7",
		"postgres://a@b@c/d", "user=u options='-c search_path=x' target_session_attrs=primary channel_binding=disable", "postgres://u@[::1,127.0.0.1]:5432/d", "host=h user=''",
		"postgres://?user=u&host=h&sslnegotiation=direct", "host = h  user\t=\nu min_protocol_version=3.2", "host=/tmp,h dbname=d sslrootcert=system",
	} {
		f.Add(text)
	}
	full, empty := environments(f)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, canary) || strings.Contains(text, "/dev/") || strings.Contains(text, "/proc/") {
			t.Skip("the text names a value of the environment or an endless file")
		}
		full(t)
		ours, err := dsn.Parse(text)
		if err != nil {
			if message := err.Error(); len(text) > 40 && strings.Contains(message, text) {
				t.Fatalf("the error holds the string: %s", message)
			}
			return
		}
		empty(t)
		theirs, err := pgconn.ParseConfig(text)
		if err != nil {
			t.Fatalf("%q is no connection string to the driver", text)
		}
		if got, want := describe(ours), describe(theirs); got != want {
			t.Errorf("%q is read as\n%s\nand by the driver as\n%s", text, got, want)
		}
	})
}

// describe prints what a connection string decides. An empty parameter of the
// server's is as good as none.
func describe(c *pgconn.Config) string {
	maps.DeleteFunc(c.RuntimeParams, func(_, value string) bool { return value == "" })
	text := fmt.Sprintf("%q %q %q %v %v %q %q %q %q %q %q", c.User, c.Password, c.Database, c.ConnectTimeout, c.RuntimeParams, cmp.Or(c.SSLNegotiation, "postgres"), c.SSLCertMode,
		c.ChannelBinding, c.RequireAuth, c.MinProtocolVersion, c.MaxProtocolVersion)
	text += fmt.Sprint(c.ValidateConnect == nil, c.KerberosSrvName, c.KerberosSpn)
	for _, e := range append([]*pgconn.FallbackConfig{{Host: c.Host, Port: c.Port, TLSConfig: c.TLSConfig}}, c.Fallbacks...) {
		text += fmt.Sprintf("\n%q %d %v", e.Host, e.Port, e.TLSConfig != nil)
		if e.TLSConfig != nil {
			text += fmt.Sprintf(" %q %v %v %d %v", e.TLSConfig.ServerName, e.TLSConfig.InsecureSkipVerify, e.TLSConfig.RootCAs == nil, len(e.TLSConfig.Certificates), e.TLSConfig.NextProtos)
		}
	}
	return text
}
