package config

import (
	"net/netip"
	"time"
)

// Default returns the settings of a machine with two cores that nobody has configured.
func Default() *Config {
	anywhere := netip.IPv4Unspecified()
	return &Config{
		Data:         "data",
		DrainTimeout: 2 * time.Minute,
		SIP: SIP{
			Listen: []Listen{
				{Network: "udp", Address: netip.AddrPortFrom(anywhere, 5060)},
				{Network: "tcp", Address: netip.AddrPortFrom(anywhere, 5060)},
			},
			Realm:  "hotline",
			Users:  []User{},
			Trunks: []Trunk{},
			Limits: Limits{
				// Two cores recognise some 5 utterances a second and a caller speaks about every 8 s.
				Calls:     40,
				Setups:    100,
				Rate:      50,
				PerSource: PerSource{Rate: 20, Burst: 100, Sources: 65536},
			},
			SessionExpires: 30 * time.Minute,
			MinSE:          90 * time.Second,
			SRTP:           "optional",
			Codecs:         []string{"opus", "G722", "PCMA", "PCMU"},
		},
		Media: Media{
			Address:    anywhere,
			Ports:      Ports{Low: 20000, High: 20999},
			Learning:   "near",
			Jitter:     Jitter{Start: 40 * time.Millisecond, Min: 20 * time.Millisecond, Max: 200 * time.Millisecond},
			InbandDTMF: true,
			Silence:    10 * time.Second,
		},
		Speech: Speech{
			Child:       true,
			MemoryLimit: 3 << 30, // twice what both models take with long sentences
			ASR:         ASR{Model: "whisper-base", Timeout: 8 * time.Second, Hotwords: "prompt"},
			TTS:         TTS{Model: "kokoro", Voice: "zf_xiaobei", Speed: 1, Timeout: 15 * time.Second, Cache: 1 << 30},
		},
		Call: Call{
			VoiceOn:        0.5,
			VoiceOff:       0.35,
			Onset:          64 * time.Millisecond,
			BargeOnset:     96 * time.Millisecond,
			PreRoll:        300 * time.Millisecond,
			SpeculateAfter: 160 * time.Millisecond,
			EndShort:       380 * time.Millisecond,
			EndNormal:      600 * time.Millisecond,
			EndLong:        1200 * time.Millisecond,
			MaxUtterance:   28 * time.Second,
			DecideAfter:    500 * time.Millisecond,
			YieldAfter:     1200 * time.Millisecond,
			TailTurn:       700 * time.Millisecond,
			JoinWithin:     1500 * time.Millisecond,
			JoinHeard:      900 * time.Millisecond,
			FillerAfter:    1300 * time.Millisecond,
			GiveUpAfter:    6 * time.Second,
			FirstAudio:     1500 * time.Millisecond,
		},
		Recording: Recording{Enabled: true, Segment: time.Minute, RetentionDays: 180},
		HTTP: HTTP{
			Listen: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8080), Visitors: true, TokenLife: 2 * time.Hour,
			Origins: []string{}, TrustedProxies: []netip.Prefix{},
			MetricsFrom: []netip.Prefix{},
			Limits: HTTPLimits{
				Visitor: HTTPRate{Rate: 5, Burst: 30}, Address: HTTPRate{Rate: 20, Burst: 200}, Key: HTTPRate{Rate: 500, Burst: 1000},
				Person: HTTPRate{Rate: 20, Burst: 200}, LogIn: HTTPRate{Rate: 2, Burst: 60},
				PerAddress: 50, PerVisitor: 5, Streams: 5000,
			},
		},
		Chat:   Chat{Idle: 30 * time.Minute, Open: 10000},
		Survey: Survey{Life: 7 * 24 * time.Hour},
		WebRTC: WebRTC{
			Listen: []netip.AddrPort{netip.AddrPortFrom(anywhere, 8189)}, Advertise: []netip.Addr{}, STUN: []string{}, TURN: []string{},
			Linger: 20 * time.Second, Legs: 300, PerAddress: 50,
		},
		Desk: Desk{Enabled: true, Services: map[string]string{}, Allow: []string{}, Dial: 45 * time.Second, Grace: 3 * time.Second, ChatGrace: 15 * time.Second, Captions: true, LastAgent: 7 * 24 * time.Hour},
		Accounts: Accounts{
			Idle: 15 * time.Minute, Life: 12 * time.Hour, Sessions: 3, Failures: 5, AddressFailures: 100, Lock: 15 * time.Minute,
			Password: Password{Length: 10}, TOTP: []string{}, Issuer: "Hotline",
		},
		Log: Log{Level: "info", Format: "text"},
	}
}
