package dsn

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"maps"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// equal compares everything that a connection string decides.
func equal(a, b *pgconn.Config) bool {
	return a.User == b.User && a.Password == b.Password && a.Database == b.Database &&
		maps.Equal(a.RuntimeParams, b.RuntimeParams) && a.ConnectTimeout == b.ConnectTimeout &&
		a.SSLNegotiation == b.SSLNegotiation && a.SSLCertMode == b.SSLCertMode &&
		a.ChannelBinding == b.ChannelBinding && a.RequireAuth == b.RequireAuth &&
		a.MinProtocolVersion == b.MinProtocolVersion && a.MaxProtocolVersion == b.MaxProtocolVersion &&
		a.KerberosSrvName == b.KerberosSrvName && a.KerberosSpn == b.KerberosSpn &&
		sameFunction(a.ValidateConnect, b.ValidateConnect) &&
		slices.EqualFunc(endpoints(a), endpoints(b), func(a, b *pgconn.FallbackConfig) bool {
			return a.Host == b.Host && a.Port == b.Port && sameTLS(a.TLSConfig, b.TLSConfig)
		})
}

// sameFunction reports whether two of the driver's functions are one; they have no
// state.
func sameFunction(a, b pgconn.ValidateConnectFunc) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

func sameTLS(a, b *tls.Config) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.ServerName == b.ServerName && a.InsecureSkipVerify == b.InsecureSkipVerify &&
		(a.VerifyPeerCertificate == nil) == (b.VerifyPeerCertificate == nil) &&
		slices.Equal(a.NextProtos, b.NextProtos) && samePool(a.RootCAs, b.RootCAs) &&
		slices.EqualFunc(a.Certificates, b.Certificates, func(a, b tls.Certificate) bool {
			return slices.EqualFunc(a.Certificate, b.Certificate, bytes.Equal)
		})
}

func samePool(a, b *x509.CertPool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(b)
}
