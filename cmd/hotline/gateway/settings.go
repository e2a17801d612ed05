package gateway

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/hotline-cc/hotline/call"
	"github.com/hotline-cc/hotline/config"
	"github.com/hotline-cc/hotline/media/codecs"
	"github.com/hotline-cc/hotline/media/rtp"
	"github.com/hotline-cc/hotline/sip"
	"github.com/hotline-cc/hotline/sip/digest"
	"github.com/hotline-cc/hotline/sip/screen"
	"github.com/hotline-cc/hotline/sip/sdp"
)

// phoneConfig hands the configuration's values to the SIP front end.
func phoneConfig(c *config.Config) (sip.Config, error) {
	set, err := codecs.Default().Only(c.SIP.Codecs...)
	if err != nil {
		return sip.Config{}, fmt.Errorf("sip.codecs: %w", err)
	}
	out := sip.Config{
		Media:  rtp.PortsConfig{Address: c.Media.Address, Low: c.Media.Ports.Low, High: c.Media.Ports.High},
		Codecs: set, SRTP: srtpOf(c.SIP.SRTP), Realm: c.SIP.Realm, RequireAuth: c.SIP.RequireAuth,
		MediaAdvertise: c.Media.Advertise,
		Jitter:         rtp.JitterConfig{Start: c.Media.Jitter.Start, Min: c.Media.Jitter.Min, Max: c.Media.Jitter.Max},
		Learning:       learningOf(c.Media.Learning),
		Limits:         limits(c.SIP.Limits),
		SessionExpires: c.SIP.SessionExpires, MinSessionExpires: c.SIP.MinSE, Silence: c.Media.Silence, ListenForTones: c.Media.InbandDTMF,
	}
	for _, l := range c.SIP.Listen {
		listen := sip.Listen{Network: l.Network, Address: l.Address, Advertise: c.SIP.Advertise}
		if l.Network == sip.TLS {
			pair, err := tls.LoadX509KeyPair(l.Cert, l.Key)
			if err != nil {
				return sip.Config{}, fmt.Errorf("sip.listen %s: %w", l.Address, err)
			}
			listen.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		}
		out.Listen = append(out.Listen, listen)
	}
	for _, u := range c.SIP.Users {
		md5 := len(u.Algorithms) == 0 || slices.Contains(u.Algorithms, "MD5")
		out.Users = append(out.Users, sip.User{Name: u.Name, Password: string(u.Password), HA1: hashOf(u.HA1), AllowMD5: md5})
	}
	for _, t := range c.SIP.Trunks {
		out.Trunks = append(out.Trunks, trunkConfig(c, t))
	}
	return out, nil
}

func limits(c config.Limits) sip.Limits {
	return sip.Limits{
		Calls: c.Calls, SettingUp: c.Setups, CallsPerSecond: float64(c.Rate),
		Source: screen.LimiterConfig{
			Rate: screen.Rate{PerSecond: float64(c.PerSource.Rate), Burst: c.PerSource.Burst}, MaxSources: c.PerSource.Sources,
		},
	}
}

func trunkConfig(c *config.Config, t config.Trunk) sip.Trunk {
	learning := t.Learning
	if learning == "" {
		learning = c.Media.Learning
	}
	out := sip.Trunk{
		Name: t.Name, Sources: t.Sources, Domain: t.Domain, CallerID: t.Username,
		Username: t.Username, AuthUser: t.AuthUser, Password: string(t.Password), AllowMD5: true,
		Register: t.Register, Expires: t.Expires, KeepAlive: t.OptionsInterval,
		Advertise: t.Advertise, Learning: learningOf(learning),
	}
	if t.OptionsInterval == 0 {
		out.KeepAlive = -1
	}
	for _, s := range t.Servers {
		out.Servers = append(out.Servers, "sip:"+s.Address+";transport="+s.Network)
	}
	if t.SRTP != "" {
		srtp := srtpOf(t.SRTP)
		out.SRTP = &srtp
	}
	if address, err := netip.ParseAddr(t.Advertise); err == nil {
		out.MediaAdvertise = address
	}
	return out
}

// hashOf tells by its length which algorithm made a hash.
func hashOf(ha1 config.Secret) map[digest.Algorithm]string {
	switch len(ha1) {
	case 32:
		return map[digest.Algorithm]string{digest.MD5: string(ha1)}
	case 64:
		return map[digest.Algorithm]string{digest.SHA256: string(ha1)}
	}
	return nil
}

func srtpOf(name string) sdp.SRTP {
	switch strings.ToLower(name) {
	case "required":
		return sdp.SRTPRequired
	case "optional":
		return sdp.SRTPOptional
	}
	return sdp.SRTPOff
}

func learningOf(name string) rtp.Learning {
	switch name {
	case "never":
		return rtp.LearnNever
	case "any":
		return rtp.LearnAny
	}
	return rtp.LearnNear
}

// tuning hands the times of turn-taking on.
func tuning(c config.Call) call.Tuning {
	return call.Tuning{
		VoiceOn: c.VoiceOn, VoiceOff: c.VoiceOff, Onset: c.Onset, BargeOnset: c.BargeOnset, PreRoll: c.PreRoll,
		SpeculateAfter: c.SpeculateAfter, EndShort: c.EndShort, EndNormal: c.EndNormal, EndLong: c.EndLong,
		MaxUtterance: c.MaxUtterance, DecideAfter: c.DecideAfter, YieldAfter: c.YieldAfter, TailTurn: c.TailTurn,
		JoinWithin: c.JoinWithin, JoinHeard: c.JoinHeard, FillerAfter: c.FillerAfter, GiveUpAfter: c.GiveUpAfter,
		FirstAudio: c.FirstAudio,
	}
}
