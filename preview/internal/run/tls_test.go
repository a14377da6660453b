package run_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/op-data/sqlpreview/preview/internal/run"
	"github.com/op-data/sqlpreview/preview/pgtest"
	"github.com/op-data/sqlpreview/preview/reason"
)

// serveTLS makes a server speak TLS with a certificate for 127.0.0.1 and
// returns the file of the certificate.
func serveTLS(t *testing.T, server *pgtest.Server) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(server.SocketDir())
	if err != nil {
		t.Fatal(err)
	}
	owner := info.Sys().(*syscall.Stat_t)
	files := map[string]*pem.Block{"tls.crt": {Type: "CERTIFICATE", Bytes: certificate}, "tls.key": {Type: "PRIVATE KEY", Bytes: der}}
	for name, block := range files {
		path := filepath.Join(server.SocketDir(), name)
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	for _, sql := range []string{
		"alter system set ssl_cert_file = '" + server.SocketDir() + "/tls.crt'",
		"alter system set ssl_key_file = '" + server.SocketDir() + "/tls.key'",
		"alter system set ssl = on", "select pg_reload_conf()",
	} {
		admin(t, server.DSN(), sql)
	}
	for admin(t, server.DSN(), "show ssl") != "on" {
		time.Sleep(10 * time.Millisecond)
	}
	return filepath.Join(server.SocketDir(), "tls.crt")
}

// TestTLS: what stands below TLS in other tests stands above it here: the
// cutting of cells, the cancel request and closing half of the connection.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{TCP: true})
	root := serveTLS(t, server)
	host, port, password := server.TCP()
	to := run.Target{ID: "tls", DSN: fmt.Sprintf("host=%s port=%d user=postgres password=%s dbname=postgres sslmode=verify-full sslrootcert=%s", host, port, password, root)}
	network := newLink(t)
	to.Dial = network.dial
	pools := newPools(t, run.Limits{})
	result, err := pools.Run(t.Context(), to, run.Query{SQL: "select repeat('x', 5000000), ssl from pg_stat_ssl where pid = pg_backend_pid()"})
	if err != nil {
		t.Fatal(err)
	}
	if cell := result.Rows[0][0]; cell.OriginalBytes != 5000000 || len(cell.Bytes) != 8192 || text(result, 0, 1) != "t" {
		t.Errorf("%d of %d bytes, TLS %s", len(cell.Bytes), cell.OriginalBytes, text(result, 0, 1))
	}
	w := watch(t, server.DSN())
	for _, cut := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := pools.Run(ctx, to, run.Query{SQL: longQuery})
			done <- err
		}()
		w.until(1, running)
		network.newCut.Store(cut) // the cancel request gets lost
		start := time.Now()
		cancel()
		if e := asError(t, <-done); e.Reason != reason.ClientCanceled {
			t.Errorf("the answer is %s", e.Reason)
		}
		w.until(0, present)
		t.Logf("over TLS (cancel request lost: %v) the session is gone after %d ms", cut, time.Since(start).Milliseconds())
		network.newCut.Store(false)
	}
	to.ID, to.DSN = "untrusted", strings.Replace(to.DSN, " sslrootcert="+root, "", 1)
	_, err = pools.Run(t.Context(), to, run.Query{SQL: "select 1"})
	if e := asError(t, err); e.Reason != reason.DatabaseUnavailable || !strings.Contains(e.Message, "TLS") {
		t.Errorf("an unknown certificate: %v", e)
	}
}
