package sip

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/sip/sdp"
)

// certificate returns one for 127.0.0.1 and what believes it.
func certificate(t testing.TB) (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

func TestCallOverTLSWithSRTPAndOpus(t *testing.T) {
	server, client := certificate(t)
	legs := make(chan *Leg, 1)
	secure := func(c *Config) {
		c.Listen = []Listen{{Network: TLS, Address: netip.AddrPortFrom(loopback, 0), TLS: server}}
		c.TLS, c.SRTP, c.Codecs = client, sdp.SRTPRequired, codecs.Default()
	}
	callee := start(t, func(c *Config) { secure(c); c.Answer = answering(legs) })
	caller := start(t, secure)
	l, err := caller.Dial(within(t), Dial{URI: uriOf(callee, TLS)})
	if err != nil {
		t.Fatal(err)
	}
	there := <-legs
	if l.Codec().Name != codecs.NameOpus || there.Call().Transport != TLS {
		t.Errorf("codec %v over %s", l.Codec(), there.Call().Transport)
	}
	sing(t, l, 440)
	hear(t, there, 440)
	if err := there.Hangup(within(t), ""); err != nil { // back over the connection the caller opened
		t.Error(err)
	}
	await(t, "end", l.Done())
	if end := l.Ending(); end.By != "caller" {
		t.Errorf("ended %+v", end)
	}
}

func TestStrangeCertificateIsRefused(t *testing.T) {
	server, _ := certificate(t)
	listen := []Listen{{Network: TLS, Address: netip.AddrPortFrom(loopback, 0), TLS: server}}
	callee := start(t, func(c *Config) { c.Listen = listen })
	caller := start(t, nil)
	if _, err := caller.Dial(within(t), Dial{URI: uriOf(callee, TLS)}); err == nil {
		t.Error("the call was placed")
	}
}

func TestCallOverIPv6(t *testing.T) {
	six := netip.IPv6Loopback()
	probe, err := net.ListenPacket("udp6", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	probe.Close()
	legs := make(chan *Leg, 1)
	both := func(c *Config) {
		c.Listen = []Listen{{Network: UDP, Address: netip.AddrPortFrom(six, 0)}}
		c.Media.Address = netip.Addr{}
	}
	callee := start(t, func(c *Config) { both(c); c.Answer = answering(legs) })
	caller := start(t, both)
	l, err := caller.Dial(within(t), Dial{URI: uriOf(callee, UDP)})
	if err != nil {
		t.Fatal(err)
	}
	there := <-legs
	sing(t, there, 440)
	hear(t, l, 440)
	_ = l.Hangup(within(t), "")
	await(t, "end", there.Done())
}

func TestUnspecifiedAddressIsNeverTold(t *testing.T) {
	legs := make(chan *Leg, 1)
	wild := func(c *Config) {
		c.Listen = []Listen{{Network: UDP, Address: netip.AddrPortFrom(netip.IPv4Unspecified(), 0)}}
		c.Media.Address = netip.Addr{}
	}
	callee := start(t, func(c *Config) { wild(c); c.Answer = answering(legs) })
	caller := start(t, wild)
	to := "sip:x@" + netip.AddrPortFrom(loopback, callee.Addr(UDP).Port()).String()
	l, err := caller.Dial(within(t), Dial{URI: to})
	if err != nil {
		t.Fatal(err)
	}
	there := <-legs
	sing(t, there, 440)
	hear(t, l, 440)
	if err := there.Hangup(within(t), ""); err != nil {
		t.Error(err)
	}
	await(t, "end", l.Done())
}
