"""What the sandbox tells by webhook: news, stories, people's messages, and the postman."""
