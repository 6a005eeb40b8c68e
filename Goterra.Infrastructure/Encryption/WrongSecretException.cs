namespace Goterra.Infrastructure.Encryption;

/// <summary>
/// The store was created with another secret: its data could not be decrypted, and its tokens would be invalid.
/// </summary>
public sealed class WrongSecretException() : Exception(
    "The store was created with another 'secret'. Use that one, or add it to 'previous_secrets' to rotate.");
