// Package peertest places calls between a live sip.Endpoint and telephones that others have written:
// SIPp, which says exactly what a scenario in testdata tells it to, and baresip, a softphone. There
// is nothing in it but tests; how the programs are started is in internal/testkit/peer.
//
// Scenarios are SIPp's own XML with a few functions for what every scenario repeats; see sippFuncs.
// The programs come with "scripts/setup.sh tests". Without them the tests are skipped, unless the
// environment variable CI is set.
package peertest
