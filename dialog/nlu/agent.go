package nlu

// personOf applies the rules for the wish to speak with a person.
func personOf(s *sentence, control Act) ruling {
	if control == ActAgent {
		return ruling{rule: "control", strong: true}
	}
	return ruling{}
}
