namespace Goterra.Infrastructure;

/// <summary>The store holds data of another secret: what is in it could not be read, and its tokens would not count.</summary>
public sealed class WrongSecretException() : Exception(
    "'secret' is not the one with which this store was made. Set the old one, or put it into 'previous_secrets' to rotate.");
