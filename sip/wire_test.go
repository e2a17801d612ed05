package sip

import (
	"net"
	"testing"
)

// blackHole returns the address of a socket that never answers.
func blackHole(t testing.TB) string {
	c, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}
