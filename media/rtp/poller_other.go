//go:build !linux

package rtp

import (
	"context"
	"errors"
	"net/netip"
)

// Poller receives for the sockets of all sessions on Linux.
type Poller struct{}

// NewPoller fails: sockets are read by goroutines here.
func NewPoller(int) (*Poller, error) { return nil, errors.New("poller: only Linux has one") }

// Run returns at once.
func (*Poller) Run(context.Context) error { return nil }

// Close does nothing.
func (*Poller) Close() error { return nil }

func (*Poller) listen(netip.AddrPort, int) (Socket, error) {
	return nil, errors.New("poller: only Linux has one")
}
