package digest

import "strings"

// sameURI reports whether the uri that was signed is the Request-URI. Telephones write URI parameters
// and the default port in one of the two only, so those are not compared; user, host and port, which
// say where the request goes, are.
func sameURI(signed, requested string) bool {
	return signed == requested || target(signed) == target(requested)
}

func target(uri string) string {
	scheme, rest, _ := strings.Cut(uri, ":")
	scheme = strings.ToLower(scheme)
	defaultPort := map[string]string{"sip": ":5060", "sips": ":5061"}[scheme]
	if defaultPort == "" {
		return uri
	}
	user, host := "", rest
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, host = rest[:at+1], rest[at+1:]
	}
	if end := strings.IndexAny(host, ";?"); end >= 0 {
		host = host[:end]
	}
	return scheme + ":" + user + strings.TrimSuffix(strings.ToLower(host), defaultPort)
}
