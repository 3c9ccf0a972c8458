"""The ways out: mail, robots of WeCom, DingTalk and Feishu, an SMS gateway, a signed webhook."""
