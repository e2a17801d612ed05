package main

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"time"

	pionrtp "github.com/pion/rtp"
	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/pace"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/sdp"
)

// softphone is a telephone made of the gateway's own parts: an endpoint that only places calls.
type softphone struct {
	endpoint *sip.Endpoint
	pacer    *pace.Pacer
	account  string // the name it logs in with, "" for none
	running  errgroup.Group
	stop     context.CancelFunc
}

// ownTrunk is the name of the trunk that a telephone with a name and a password calls by.
const ownTrunk = "account"

// softphoneConfig says what a softphone is. The zero value of a field is as in sip.Config.
type softphoneConfig struct {
	Networks []string // sip.UDP and so on; nil is UDP
	Bind     string   // address to call from; "" is 127.0.0.1
	Codecs   codecs.Set
	SRTP     sdp.SRTP
	Limits   sip.Limits
	// Server is the SIP address that User and Password are for. Answer makes it a phone that is registered there and
	// takes calls.
	Server, User, Password string
	Answer                 func(context.Context, *sip.Invitation)
	OnPacket               func(callID string, sent bool, at time.Time, h *pionrtp.Header, payload []byte) // as in sip.Config
	Log                    *slog.Logger
}

// startSoftphone returns a softphone that can dial.
func startSoftphone(ctx context.Context, cfg softphoneConfig) (*softphone, error) {
	pacer, err := pace.New(pace.Config{})
	if err != nil {
		return nil, err
	}
	if cfg.Bind == "" {
		cfg.Bind = "127.0.0.1"
	}
	address, err := netip.ParseAddr(cfg.Bind)
	if err != nil {
		return nil, hotline.Errorf("start the telephone", hotline.CodeInvalid, "%q is not an IP address", cfg.Bind)
	}
	if cfg.Networks == nil {
		cfg.Networks = []string{sip.UDP, sip.TCP}
	}
	sipCfg := sip.Config{
		Codecs: cfg.Codecs, SRTP: cfg.SRTP, Limits: cfg.Limits, Pacer: pacer, Logger: cfg.Log, OnPacket: cfg.OnPacket, Answer: cfg.Answer,
		Media: rtp.PortsConfig{Address: address},
		// A measurement must not add more delay than it needs.
		Jitter: rtp.JitterConfig{Start: media.Tick, Min: media.Tick},
	}
	for _, network := range cfg.Networks {
		sipCfg.Listen = append(sipCfg.Listen, sip.Listen{Network: network, Address: netip.AddrPortFrom(address, 0)})
	}
	if cfg.User != "" {
		sipCfg.Trunks = []sip.Trunk{{
			Name: ownTrunk, Servers: []string{cfg.Server}, Username: cfg.User, Password: cfg.Password, AllowMD5: true, KeepAlive: -1,
			Register: cfg.Answer != nil,
		}}
	}
	endpoint, err := sip.New(sipCfg)
	if err != nil {
		return nil, err
	}
	s := &softphone{endpoint: endpoint, pacer: pacer, account: cfg.User}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.running.Go(func() error { return pacer.Run(ctx) })
	s.running.Go(func() error { return endpoint.Run(ctx) })
	select {
	case <-endpoint.Ready():
		return s, nil
	case <-ctx.Done():
	}
	return nil, s.close()
}

// close hangs up whatever is left and returns when the telephone is gone.
func (s *softphone) close() error {
	s.stop()
	return s.running.Wait()
}

// dial places a call and returns when it is answered.
func (s *softphone) dial(ctx context.Context, uri string) (*sip.Leg, error) {
	if !strings.HasPrefix(uri, "sip:") && !strings.HasPrefix(uri, "sips:") {
		return nil, hotline.Errorf("dial", hotline.CodeInvalid, "%q is not a SIP address such as sip:12345@127.0.0.1:5060", uri)
	}
	if s.account == "" {
		return s.endpoint.Dial(ctx, sip.Dial{URI: uri})
	}
	_, rest, _ := strings.Cut(uri, ":")
	number, _, _ := strings.Cut(rest, "@")
	return s.endpoint.Dial(ctx, sip.Dial{Trunk: ownTrunk, Number: number, From: s.account})
}
