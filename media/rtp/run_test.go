package rtp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"go.uber.org/goleak"

	"github.com/hotline-cc/hotline/media/pace"
)

func receiveFrom(t *testing.T, conn Conn) []byte {
	t.Helper()
	buffer := make([]byte, maxPacket)
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, _, err := conn.ReadFromUDPAddrPort(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

func TestASessionThatEndsSaysGoodbyeAndLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	ports, err := NewPorts(PortsConfig{Address: loopback})
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := mustOpen(t, ports), mustOpen(t, ports)
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	terms := lawTerms(t)
	terms.Remote = netip.AddrPortFrom(loopback, theirs.Port)
	session, err := New(Config{Terms: terms, CNAME: "a", RTP: ours.RTP, RTCP: ours.RTCP, Pacer: pacer})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	pacing, stopPacing := context.WithCancel(context.Background())
	defer stopPacing()
	ended, paced := make(chan error, 1), make(chan error, 1)
	go func() { ended <- session.Run(ctx) }()
	go func() { paced <- pacer.Run(pacing) }()
	for range 3 {
		receiveFrom(t, theirs.RTP)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run returned %v, want nil", err)
	}
	if got := pacer.Members(); got != 0 {
		t.Errorf("the pacer still ticks %d sessions", got)
	}
	stopPacing()
	if err := <-paced; err != nil {
		t.Errorf("the pacer returned %v, want nil", err)
	}
	packets, err := rtcp.Unmarshal(receiveFrom(t, theirs.RTCP))
	if err != nil {
		t.Fatal(err)
	}
	report, isReport := packets[0].(*rtcp.SenderReport)
	bye, isBye := packets[len(packets)-1].(*rtcp.Goodbye)
	if !isReport || !isBye || bye.Sources[0] != session.out.ssrc() || uint64(report.PacketCount) != session.Stats().Sent.Packets {
		t.Errorf("the last report is %v, want one of %d packets that ends with a goodbye", packets, session.Stats().Sent.Packets)
	}
}

func TestRunTellsWhenItsSocketIsGone(t *testing.T) {
	ports, err := NewPorts(PortsConfig{Address: loopback})
	if err != nil {
		t.Fatal(err)
	}
	pair := mustOpen(t, ports)
	session, err := New(Config{Terms: lawTerms(t), CNAME: "a", RTP: pair.RTP, RTCP: pair.RTCP})
	if err != nil {
		t.Fatal(err)
	}
	_ = pair.Close()
	if err := session.Run(context.Background()); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Run returned %v, want %v", err, net.ErrClosed)
	}
}
