package peertest

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/hotline-cc/hotline/internal/testkit/peer"
	"github.com/hotline-cc/hotline/sip"
)

// phone is a baresip with one account.
type phone struct {
	*peer.Baresip
	network string
}

// newPhone starts baresip for an Endpoint.
func newPhone(t *testing.T, e gateway, a peer.Account) *phone {
	t.Helper()
	network := cmp.Or(a.Network, sip.UDP)
	a.User, a.Server = "8001", e.Addr(network)
	return &phone{peer.StartBaresip(t, peerTone, e.certificate, a), network}
}

// dial makes the phone call the Endpoint.
func (p *phone) dial(e gateway) {
	p.Do("dial", fmt.Sprintf("sip:hotline@%v", e.Addr(p.network))) // it adds the transport of its account
}

// hear waits until the phone hears our tone.
func (p *phone) hear() { p.Hear(ourTone) }
