namespace Goterra.Api.Configuration;

/// <summary>
/// The configuration is invalid. The message is one line for operators: the setting, the error, and the valid format.
/// </summary>
public sealed class InvalidConfigurationException(string message) : Exception(message);
