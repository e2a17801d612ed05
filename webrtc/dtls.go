package webrtc

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	_ "crypto/sha256" // the hashes of fingerprints
	_ "crypto/sha512"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"strings"
	"time"

	"github.com/pion/dtls/v3"

	"github.com/hotline-cc/hotline/media/rtp"
)

var errFingerprint = errors.New("the certificate is not the one the offer tells")

// flight is how long a lost handshake message is waited for at first.
const flight = 200 * time.Millisecond

// fingerprint is what SDP tells of a certificate (RFC 8122).
type fingerprint struct {
	hash  crypto.Hash
	bytes []byte
}

// hashes are those that may vouch for a certificate. SHA-1 and MD5 no longer do.
var hashes = map[string]crypto.Hash{"sha-256": crypto.SHA256, "sha-384": crypto.SHA384, "sha-512": crypto.SHA512}

// parseFingerprint reads "sha-256 AB:CD:…". ok is false for a hash we do not know, which is left out.
func parseFingerprint(s string) (f fingerprint, ok bool, err error) {
	name, text, _ := strings.Cut(s, " ")
	hash, known := hashes[strings.ToLower(name)]
	if !known {
		return f, false, nil
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if err != nil || len(b) != hash.Size() || len(text) != 3*len(b)-1 {
		return f, false, fmt.Errorf("fingerprint %q is not %d bytes in hexadecimal", s, hash.Size())
	}
	return fingerprint{hash, b}, true, nil
}

func (f fingerprint) fits(certificate []byte) bool {
	h := f.hash.New()
	h.Write(certificate)
	return subtle.ConstantTimeCompare(h.Sum(nil), f.bytes) == 1
}

// identity is a certificate of ours. Each connection has its own, so that none can be told to be the same machine.
type identity struct {
	certificate tls.Certificate
	fingerprint string
}

func newIdentity(now time.Time) (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, fmt.Errorf("make certificate: %w", err)
	}
	serial := make([]byte, 16)
	_, _ = rand.Read(serial) // never fails since Go 1.24
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: "WebRTC"},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return identity{}, fmt.Errorf("make certificate: %w", err)
	}
	h := crypto.SHA256.New()
	h.Write(der)
	sum := fmt.Sprintf("% X", h.Sum(nil))
	return identity{tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, "sha-256 " + strings.ReplaceAll(sum, " ", ":")}, nil
}

// keys are the SRTP keys of both directions.
type keys struct{ send, receive *rtp.Key }

// handshake agrees on keys with the browser whose certificate has one of the fingerprints. asClient tells our role.
func handshake(ctx context.Context, w *wire, id identity, theirs []fingerprint, asClient bool, log *slog.Logger) (*dtls.Conn, keys, error) {
	options := []dtls.Option{
		dtls.WithCertificates(id.certificate),
		dtls.WithCipherSuites(
			dtls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
			dtls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
			dtls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, dtls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		),
		dtls.WithSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithExtendedMasterSecret(dtls.RequireExtendedMasterSecret),
		dtls.WithFlightInterval(flight),
		dtls.WithInsecureSkipVerify(true), // nobody signs these certificates; the fingerprint vouches for them
		dtls.WithVerifyPeerCertificate(func(chain [][]byte, _ [][]*x509.Certificate) error {
			for _, f := range theirs {
				if len(chain) > 0 && f.fits(chain[0]) {
					return nil
				}
			}
			return errFingerprint
		}),
		dtls.WithLoggerFactory(stackLogger{log}),
	}
	conn, err := open(records{w}, asClient, options)
	if err != nil {
		return nil, keys{}, fmt.Errorf("DTLS: %w", err)
	}
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, keys{}, fmt.Errorf("DTLS: %w", err)
	}
	k, err := keysOf(conn, asClient)
	if err != nil {
		_ = conn.Close()
		return nil, keys{}, err
	}
	return conn, k, nil
}

func open(r records, asClient bool, options []dtls.Option) (*dtls.Conn, error) {
	if asClient {
		list := make([]dtls.ClientOption, len(options))
		for i, o := range options {
			list[i] = o
		}
		return dtls.ClientWithOptions(r, r.LocalAddr(), list...)
	}
	list := []dtls.ServerOption{dtls.WithClientAuth(dtls.RequireAnyClientCert)}
	for _, o := range options {
		list = append(list, o)
	}
	return dtls.ServerWithOptions(r, r.LocalAddr(), list...)
}

// keysOf takes the SRTP keys out of a finished handshake (RFC 5764 section 4.2).
func keysOf(conn *dtls.Conn, asClient bool) (keys, error) {
	profile, ok := conn.SelectedSRTPProtectionProfile()
	if !ok {
		return keys{}, errors.New("DTLS: the browser offers no SRTP profile of ours")
	}
	suite := rtp.AES128CMSHA180
	if profile == dtls.SRTP_AEAD_AES_128_GCM {
		suite = rtp.AES128GCM
	}
	state, ok := conn.ConnectionState()
	if !ok {
		return keys{}, errors.New("DTLS: no state")
	}
	size, salt, err := suite.KeyLength()
	if err != nil {
		return keys{}, err
	}
	material, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 2*(size+salt))
	if err != nil {
		return keys{}, fmt.Errorf("DTLS: %w", err)
	}
	client := &rtp.Key{Suite: suite, Key: material[:size], Salt: material[2*size:][:salt]}
	server := &rtp.Key{Suite: suite, Key: material[size:][:size], Salt: material[2*size+salt:]}
	if asClient {
		return keys{send: client, receive: server}, nil
	}
	return keys{send: server, receive: client}, nil
}
