namespace Goterra.Api.Configuration;

/// <summary>The server can't start like this. The message is one line for whoever runs it: which key, what is wrong, what would be right.</summary>
public sealed class InvalidConfigurationException(string message) : Exception(message);
